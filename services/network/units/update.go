package units

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/division"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// attribute is something said of a unit that UpdateUnit may change.
type attribute struct {
	// byUnitItself is set where a unit says it of itself (C7).
	byUnitItself bool
	get          func(*networkv1.Unit) string
	column       func(*db.Unit) *string
}

// attributes by the name of their field.
var attributes = map[string]attribute{
	"title": {
		get: func(e *networkv1.Unit) string { return e.GetTitle() }, column: func(u *db.Unit) *string { return &u.Title },
	},
	"kind": {
		get: func(e *networkv1.Unit) string { return e.GetKind().String() }, column: func(u *db.Unit) *string { return &u.Kind },
	},
	"division_code": {
		get:    func(e *networkv1.Unit) string { return e.GetDivisionCode() },
		column: func(u *db.Unit) *string { return &u.DivisionCode },
	},
	"sort": {
		get: func(e *networkv1.Unit) string { return e.GetSort() }, column: func(u *db.Unit) *string { return &u.Sort },
	},
	"responsible_office": {
		byUnitItself: true, get: func(e *networkv1.Unit) string { return e.GetResponsibleOffice() },
		column: func(u *db.Unit) *string { return &u.ResponsibleOffice },
	},
	// Who leads a unit decides which tips go past it (C8): the unit above says so.
	"first_responsible": {
		get:    func(e *networkv1.Unit) string { return e.GetFirstResponsible() },
		column: func(u *db.Unit) *string { return &u.FirstResponsible },
	},
	"leader_in_charge": {
		get:    func(e *networkv1.Unit) string { return e.GetLeaderInCharge() },
		column: func(u *db.Unit) *string { return &u.LeaderInCharge },
	},
}

// set gives a column its new value from a version on, in all versions that had the same value before: what was planned to be
// something else later still will be.
func (attr attribute) set(versions unitVersions, unit *networkv1.Unit) {
	before, value := *attr.column(&versions[0]), attr.get(unit)
	for i := range versions {
		if *attr.column(&versions[i]) != before {
			return
		}
		*attr.column(&versions[i]) = value
	}
}

// UpdateUnit changes what is said of a unit.
func (s *Server) UpdateUnit(ctx context.Context, req *networkv1.UpdateUnitRequest) (*networkv1.Unit, error) {
	return changeTree(ctx, s, networkv1.TreeAct_TREE_ACT_UPDATE, req,
		func(ctx context.Context, a *treeChange) (*networkv1.Unit, error) {
			name := req.GetUnit().GetName()
			found, err := a.findUnit(ctx, "unit.name", name)
			if err != nil {
				return nil, err
			}
			unit := unitOf(found[0])
			changed := document.ApplyMask(&a.faults, "unit", unit, req.GetUnit(), req.GetUpdateMask(),
				slices.Collect(maps.Keys(attributes))...)
			if err := a.checkUpdate(ctx, found, req.GetUnit(), changed); err != nil {
				return nil, err
			}
			if err := a.update(ctx, found, unit, changed); err != nil {
				return nil, err
			}
			return a.readResult(ctx, name)
		})
}

// checkUpdate finds all faults of an update, and whether the caller may make it.
func (a *treeChange) checkUpdate(ctx context.Context, found unitVersions, asked *networkv1.Unit, changed []string) error {
	if slices.Contains(changed, "division_code") {
		if err := a.checkNewCode(ctx, found, asked.GetDivisionCode()); err != nil {
			return err
		}
	}
	if slices.Contains(changed, "sort") {
		if err := a.server.sorts(a.Tx).check(ctx, &a.faults, "unit.sort", asked.GetSort(),
			strings.Split(found.path(), ".")); err != nil {
			return err
		}
	}
	if err := a.faults.Err(); err != nil {
		return err
	}
	own := access.PrincipalOf(ctx).Unit == found.name() &&
		!slices.ContainsFunc(changed, func(field string) bool { return !attributes[field].byUnitItself })
	if err := found.checkEtag(asked.GetEtag()); err != nil || own {
		return err
	}
	return a.authorizeUpdate(ctx, unitOf(found[0]), changed, asked)
}

// authorizeUpdate tells whether the caller may change a unit, as it is and as it will be.
func (a *treeChange) authorizeUpdate(
	ctx context.Context, unit *networkv1.Unit, changed []string, asked *networkv1.Unit,
) error {
	if err := a.builder.authorize(ctx, toChange, unit); err != nil || !slices.Contains(changed, "kind") {
		return err
	}
	unit.Kind = asked.GetKind() // nobody makes of a unit what they could not change any more, or never found
	return a.builder.authorize(ctx, toChange, unit)
}

func (a *treeChange) update(ctx context.Context, found unitVersions, unit *networkv1.Unit, changed []string) error {
	if err := a.startVersions(ctx, found.id()); err != nil {
		return err
	}
	versions, err := a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: found.id(), Day: a.day})
	if err != nil {
		return err
	}
	for _, field := range changed {
		attributes[field].set(versions, unit)
	}
	for _, v := range versions {
		if err := a.SaveVersion(ctx, db.SaveVersionParams{
			UnitID: v.UnitID, ValidFrom: v.ValidFrom, Title: v.Title, TitleForm: normalform.Of(v.Title),
			Kind: v.Kind, DivisionCode: v.DivisionCode, Sort: v.Sort,
			ResponsibleOffice: v.ResponsibleOffice, FirstResponsible: v.FirstResponsible, LeaderInCharge: v.LeaderInCharge,
		}); err != nil {
			return err
		}
	}
	a.recordUnit(found)
	before, day := found[0].Title, a.day.String()
	if unit.GetTitle() != before {
		a.placed = append(a.placed, found.id())
		a.tell(ctx, words.InboxUnitRenamed(before, day, unit.GetTitle()), found.id())
	}
	if slices.ContainsFunc(changed, func(field string) bool { return field != "title" }) {
		a.tell(ctx, words.InboxUnitUpdated(unit.GetTitle(), day), found.id())
	}
	return nil
}

// checkNewCode checks a division code that a unit is to have from the day on: as long as its level's are, below the code of
// the unit above, and nobody else's on any day to come.
func (a *treeChange) checkNewCode(ctx context.Context, found unitVersions, code string) error {
	const field = "unit.division_code"
	if code == "" {
		return nil
	}
	if len(code) != division.CodeLength(typev1.Level(found[0].Level)) {
		a.faults.Add(field, words.DivisionLevel())
	}
	if above := found[0].ParentID; above != "" {
		parent, err := a.VersionsFrom(ctx, db.VersionsFromParams{UnitID: above, Day: a.day})
		if err != nil {
			return err
		}
		if parentCode := parent[0].DivisionCode; !strings.HasPrefix(code, division.Prefix(parentCode)) {
			a.faults.Add(field, words.DivisionCode(code, parentCode))
		}
	}
	holders, err := a.UnitsWithCode(ctx, db.UnitsWithCodeParams{DivisionCode: code, Day: a.day})
	if slices.ContainsFunc(holders, func(id string) bool { return id != found.id() }) {
		a.faults.Add(field, words.SameCode(code))
	}
	return err
}
