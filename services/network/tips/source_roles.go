package tips

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// defaultLeastOfRole is how many hold a role that is told where the scheme does not say.
const defaultLeastOfRole = 3

// LeastOfRole is how many officers must hold what is told of source roles, and how many tips must have come in from a role before
// counts tell it (C4): fewer would say who sent them (ADR 043).
func LeastOfRole(scheme *networkv1.Scheme) int {
	return cmp.Or(int(scheme.GetLeastOfRole()), defaultLeastOfRole)
}

// LeastToReader is LeastOfRole by the scheme of whoever learns what a call answers.
func LeastToReader(ctx context.Context, d access.Directory) (int, error) {
	scheme, err := d.Scheme(ctx, cmp.Or(access.PrincipalOf(ctx).Unit, access.Target(ctx).GetName()))
	return LeastOfRole(scheme), err
}

// SourceRoles decides what may be told of the roles that the sender of a tip held, by who holds which today.
type SourceRoles struct {
	least int64
	units map[string]holders // by the id of the unit among whose officers, and those below, senders are sought
}

// NewSourceRoles has roles told that so many officers hold.
func NewSourceRoles(least int) *SourceRoles {
	return &SourceRoles{least: int64(least), units: map[string]holders{}}
}

// Learn reads who holds which roles in some units and below.
func (r *SourceRoles) Learn(ctx context.Context, tx db.DBTX, on calendar.Date, units []string) error {
	units = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(units))), func(unit string) bool {
		_, known := r.units[unit]
		return known
	})
	if len(units) == 0 {
		return nil
	}
	rows, err := db.New(tx).RolesHeld(ctx, db.RolesHeldParams{UnitIds: units, Day: on})
	if err != nil {
		return err
	}
	held := map[string][]db.RolesHeldRow{}
	for _, row := range rows {
		held[row.UnitID] = append(held[row.UnitID], row)
	}
	for _, unit := range units {
		r.units[unit] = newHolders(held[unit], r.least)
	}
	return nil
}

// Told are those of some roles that may be told of a sender who is sought in a unit; none where nothing is learned of the unit.
func (r *SourceRoles) Told(unit string, roles []string) []string {
	return r.units[unit].told(roles, r.least)
}

// ToldList is Told of a JSON list, as one. Without roles it has the empty one, for which what tells none counts.
func (r *SourceRoles) ToldList(unit string, list []byte) ([]byte, error) {
	var roles []string
	if err := json.Unmarshal(list, &roles); err != nil {
		return nil, err
	}
	told := r.Told(unit, roles)
	if len(told) == 0 {
		told = []string{""}
	}
	return json.Marshal(told)
}

// ToldLists is ToldList of many, each with its unit.
func (r *SourceRoles) ToldLists(units []string, lists [][]byte) (told [][]byte, err error) {
	told = make([][]byte, len(lists))
	for i, list := range lists {
		if told[i], err = r.ToldList(units[i], list); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// holders are the officers of a unit and below, by what tips tell of their roles.
type holders struct {
	ofRole  map[string]int64
	telling map[string]int64 // by roles
}

// newHolders has officers tell their roles and, where too few tell the same, one role less. It is not enough that many hold what
// is told: were the rest of those to tell more, the one who tells less would be known.
func newHolders(held []db.RolesHeldRow, least int64) holders {
	h := holders{map[string]int64{}, map[string]int64{}}
	most := 0
	for _, row := range held {
		h.telling[keyOf(row.OtherRoles)] += row.Officers
		for _, role := range row.OtherRoles {
			h.ofRole[role] += row.Officers
		}
		most = max(most, len(row.OtherRoles))
	}
	for size := most; size > 0; size-- {
		for key, officers := range h.telling {
			if roles := rolesOfKey(key); len(roles) == size && officers < least {
				h.telling[keyOf(h.withoutRarest(roles))] += officers
			}
		}
	}
	return h
}

// told are some roles, without the rarest as long as too few officers tell the same.
func (h holders) told(roles []string, least int64) []string {
	for len(roles) > 0 && h.telling[keyOf(roles)] < least {
		roles = h.withoutRarest(roles)
	}
	return roles
}

// withoutRarest leaves out the role that the fewest hold, of several the first.
func (h holders) withoutRarest(roles []string) []string {
	rarest := slices.MinFunc(roles, func(a, b string) int { return cmp.Compare(h.ofRole[a], h.ofRole[b]) })
	return slices.DeleteFunc(slices.Clone(roles), func(role string) bool { return role == rarest })
}

// keyOf writes sorted roles as one text, and rolesOfKey reads it; no role holds what is between them.
func keyOf(roles []string) string { return strings.Join(roles, "\x00") }

func rolesOfKey(key string) []string {
	if key == "" {
		return nil
	}
	return strings.Split(key, "\x00")
}

// sourceUnit is the unit among whose officers, and those below, the sender of a tip is sought, as the column source_unit_id.
func sourceUnit(tip *networkv1.Tip) string {
	return resource.ID(cmp.Or(tip.GetSendingUnit(), tip.GetFirstUnit()))
}

// tell leaves to a tip, which is to be answered, the roles that may be told.
func (r *SourceRoles) tell(tip *networkv1.Tip) {
	tip.SourceRoles = r.Told(sourceUnit(tip), tip.GetSourceRoles())
}

// keepTellable leaves to a new tip the roles that may be told today: what others come to hold later would tell who alone held it
// when the tip came.
func (s *Server) keepTellable(ctx context.Context, tip *networkv1.Tip, scheme *networkv1.Scheme, today calendar.Date) error {
	if len(tip.GetSourceRoles()) == 0 {
		return nil
	}
	roles := NewSourceRoles(LeastOfRole(scheme))
	if err := roles.Learn(ctx, s.store, today, []string{sourceUnit(tip)}); err != nil {
		return err
	}
	roles.tell(tip)
	return nil
}

// tellRoles leaves to tips that are to be answered the roles that may be told.
func (s *Server) tellRoles(ctx context.Context, tx db.DBTX, answered ...*networkv1.Tip) error {
	var units []string
	for _, tip := range answered {
		if len(tip.GetSourceRoles()) > 0 {
			units = append(units, sourceUnit(tip))
		}
	}
	if len(units) == 0 {
		return nil
	}
	least, err := LeastToReader(ctx, s.directory)
	if err != nil {
		return err
	}
	roles := NewSourceRoles(least)
	if err := roles.Learn(ctx, tx, clock.Today(s.store.Clock), units); err != nil {
		return err
	}
	for _, tip := range answered {
		roles.tell(tip)
	}
	return nil
}

// listTips reads the rows of a page, and what may be told of their roles. Where tips of a role are asked for, those alone are
// found that tell it, as a page from which others were taken would say that there are some.
func (s *Server) listTips(ctx context.Context, params db.ListTipsParams) ([]db.ListTipsRow, *SourceRoles, error) {
	least, err := LeastToReader(ctx, s.directory)
	if err != nil {
		return nil, nil, err
	}
	roles := NewSourceRoles(least)
	if params.SourceRole != "" {
		if err := s.findTelling(ctx, roles, &params); err != nil || len(params.TellingUnits) == 0 {
			return nil, roles, err
		}
	}
	rows, err := db.New(s.store.Afresh()).ListTips(ctx, params)
	if err != nil {
		return nil, nil, err
	}
	var units []string
	for _, row := range rows {
		if len(row.SourceRoles) > 0 {
			units = append(units, row.SourceUnitID)
		}
	}
	return rows, roles, roles.Learn(ctx, s.store, clock.Today(s.store.Clock), units)
}

// findTelling decides which of the roles that senders held together tell the one that a list is asked for.
func (s *Server) findTelling(ctx context.Context, roles *SourceRoles, params *db.ListTipsParams) error {
	held, err := db.New(s.store.Afresh()).RolesOfTips(ctx, db.RolesOfTipsParams{
		Subtree: params.Subtree, ReceivedFrom: params.ReceivedFrom, ReceivedBefore: params.ReceivedBefore,
		ReaderUnits: params.CallerUnits, SourceRole: params.SourceRole, // duplicates too, which are listed
	})
	if err != nil {
		return err
	}
	units := make([]string, len(held))
	for i, row := range held {
		units[i] = row.SourceUnitID
	}
	if err := roles.Learn(ctx, s.store, clock.Today(s.store.Clock), units); err != nil {
		return err
	}
	for _, row := range held {
		var all []string
		if err := json.Unmarshal(row.SourceRoles, &all); err != nil {
			return err
		}
		if slices.Contains(roles.Told(row.SourceUnitID, all), params.SourceRole) {
			params.TellingUnits = append(params.TellingUnits, row.SourceUnitID)
			params.TellingRoles = append(params.TellingRoles, row.SourceRoles)
		}
	}
	return nil
}
