package units

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/division"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// plant adds units below their parents, which may stand earlier in the same requests, in a few statements however many the
// units. Every row with a faulty field is named; an id that exists, and a second root, end it at once.
func (s *Server) plant(
	ctx context.Context, tx *record.Tx, requests []*networkv1.CreateUnitRequest, prefix func(int) string,
) ([]*networkv1.Unit, error) {
	if err := db.New(tx).ShareTree(ctx); err != nil {
		return nil, err
	}
	bed, err := s.newBed(ctx, tx, requests)
	if err != nil {
		return nil, err
	}
	for i, req := range requests {
		if err := bed.add(ctx, req, prefix(i)); err != nil {
			return nil, err
		}
	}
	if err := s.checkSorts(ctx, tx, bed, requests, prefix); err != nil {
		return nil, err
	}
	if err := bed.faults.Err(); err != nil {
		return nil, err
	}
	if err := s.delegated(ctx, tx, bed.made); err != nil {
		return nil, err
	}
	entries := make([]record.Entry, len(bed.made))
	for i, u := range bed.made {
		entries[i] = record.Entry{Resource: u.GetName(), UnitPath: access.Path(u)}
	}
	if err := db.New(tx).AddUnits(ctx, columns(bed.made)); err != nil {
		return nil, err
	}
	if err := complete(ctx, db.New(tx), bed.made); err != nil {
		return nil, err
	}
	return bed.made, tx.Record(ctx, entries...)
}

// bed is what the new units of one request grow from.
type bed struct {
	known  map[string]*networkv1.Unit // current units that may be parents, by name; the new ones join them
	taken  map[string]bool            // ids that were ever given
	codes  map[string]bool            // division codes that current units have
	root   string
	today  calendar.Date
	made   []*networkv1.Unit
	faults fault.Fields
}

func (s *Server) newBed(ctx context.Context, tx *record.Tx, requests []*networkv1.CreateUnitRequest) (*bed, error) {
	b := &bed{known: map[string]*networkv1.Unit{}, taken: map[string]bool{}, today: clock.Today(s.book.Clock)}
	ids, above := make([]string, 0, len(requests)), make([]string, 0, 2*len(requests))
	for _, req := range requests {
		ids = append(ids, req.GetUnitId())
		above = append(above, resource.ID(req.GetUnit().GetParent()), resource.ID(req.GetUnit().GetSystemParent()))
	}
	queries := db.New(tx)
	rows, err := queries.CurrentUnits(ctx, above)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		u := unitOf(row)
		b.known[u.GetName()] = u
	}
	if b.codes, err = codesOf(ctx, queries, requests, b.today); err != nil {
		return nil, err
	}
	taken, err := queries.KnownUnits(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range taken {
		b.taken[id] = true
	}
	if b.root, err = queries.GetRoot(ctx); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	return b, nil
}

// codesOf are those of the new units' division codes that some unit has on the first of their days or later.
func codesOf(
	ctx context.Context, queries *db.Queries, requests []*networkv1.CreateUnitRequest, today calendar.Date,
) (map[string]bool, error) {
	asked, first := make([]string, 0, len(requests)), calendar.LastDay
	for _, req := range requests {
		if code := req.GetUnit().GetDivisionCode(); code != "" {
			asked = append(asked, code)
		}
		from, err := calendar.ParseDate(req.GetUnit().GetEffectiveFrom())
		if err != nil {
			from = today
		}
		if from.Before(first) {
			first = from
		}
	}
	had, err := queries.CodesFrom(ctx, db.CodesFromParams{Codes: asked, Day: first.In(time.UTC)})
	codes := make(map[string]bool, len(requests))
	for _, code := range had {
		codes[code] = true
	}
	return codes, err
}

// add checks one new unit and gives it its place.
func (b *bed) add(ctx context.Context, req *networkv1.CreateUnitRequest, prefix string) error {
	name := resource.Name(resource.Units, req.GetUnitId())
	if b.taken[req.GetUnitId()] {
		return fault.Exists(name).At(prefix + "unit_id") // the whole request may be a repetition: it is told as such
	}
	u := place(req.GetUnit(), name)
	if u.GetEffectiveFrom() == "" {
		u.EffectiveFrom = b.today.String()
	}
	parent, ok, err := b.parent(u, prefix)
	if err != nil || !ok {
		return err
	}
	reach := name
	if parent != nil {
		u.Ancestors = append(append(u.Ancestors, parent.GetAncestors()...), parent.GetName())
		reach = parent.GetName()
	}
	if err := access.Require(ctx, access.Path(u), reach); err != nil {
		return err
	}
	u.Region = regionOf(u, parent)
	checkUnit(&b.faults, prefix+"unit.", u, parent)
	b.checkCode(prefix+"unit.division_code", u, parent)
	b.taken[req.GetUnitId()], b.known[name] = true, u
	b.made = append(b.made, u)
	return nil
}

// parent finds the unit above a new one; nil for the root, of which there is one. It tells false where there is a fault.
func (b *bed) parent(u *networkv1.Unit, prefix string) (parent *networkv1.Unit, ok bool, err error) {
	if above := u.GetSystemParent(); above != "" && b.known[above] == nil {
		b.faults.Add(prefix+"unit.system_parent", "unknown_unit", "unit", resource.ID(above))
	}
	if u.GetParent() == "" {
		if b.root != "" {
			return nil, false, fault.Precondition("ROOT_EXISTS", "unit", resource.Name(resource.Units, b.root)).At(prefix + "unit.parent")
		}
		b.root = resource.ID(u.GetName())
		return nil, true, nil
	}
	if parent = b.known[u.GetParent()]; parent == nil {
		b.faults.Add(prefix+"unit.parent", "unknown_unit", "unit", resource.ID(u.GetParent()))
	}
	return parent, parent != nil, nil
}

// place copies what a caller may say about a unit.
func place(u *networkv1.Unit, name string) *networkv1.Unit {
	return &networkv1.Unit{
		Name: name, Title: u.GetTitle(), Kind: u.GetKind(), Level: u.GetLevel(), DivisionCode: u.GetDivisionCode(),
		Parent: u.GetParent(), SystemParent: u.GetSystemParent(), EffectiveFrom: u.GetEffectiveFrom(),
		ResponsibleOffice: u.GetResponsibleOffice(), FirstResponsible: u.GetFirstResponsible(),
		LeaderInCharge: u.GetLeaderInCharge(), Sort: u.GetSort(),
	}
}

// maxDepth is how many units may stand one below another. The index of paths bears far more siblings than levels.
const maxDepth = 16

// checkUnit checks a unit against its place: depth, dates and levels.
func checkUnit(faults *fault.Fields, prefix string, u, parent *networkv1.Unit) {
	from, ok := faults.Day(prefix+"effective_from", u.GetEffectiveFrom())
	if len(u.GetAncestors()) >= maxDepth {
		faults.Add(prefix+"parent", "too_deep", "limit", strconv.Itoa(maxDepth))
	}
	if parent == nil {
		return
	}
	if above, err := calendar.ParseDate(parent.GetEffectiveFrom()); ok && err == nil && from.Before(above) {
		faults.Add(prefix+"effective_from", "before_parent", "date", above.String())
	}
	if u.GetLevel() < parent.GetLevel() {
		faults.Add(prefix+"level", "level_below", "level", parent.GetLevel().String())
	}
}

// checkCode checks a division code: as long as its level's are, below the parent's, and no other unit's.
func (b *bed) checkCode(field string, u, parent *networkv1.Unit) {
	code := u.GetDivisionCode()
	switch {
	case code == "":
		return
	case len(code) != division.Digits(u.GetLevel()):
		b.faults.Add(field, "division_level")
	case !strings.HasPrefix(code, division.Stem(parent.GetDivisionCode())):
		b.faults.Add(field, "division_code", "code", code, "parent", parent.GetDivisionCode())
	case b.codes[code]:
		b.faults.Add(field, "same_code", "code", code)
	}
	b.codes[code] = true
}

// regionOf is the county-level division a unit's records are kept under. An agency has its parent's.
func regionOf(u, parent *networkv1.Unit) string {
	switch {
	case len(u.GetDivisionCode()) == 6:
		return u.GetDivisionCode()
	case parent != nil:
		return parent.GetRegion()
	default:
		return resource.ID(u.GetName())
	}
}

func ancestors(path string) []string {
	ids := strings.Split(path, ".")
	names := make([]string, 0, len(ids)-1)
	for _, id := range ids[:len(ids)-1] {
		names = append(names, resource.Name(resource.Units, id))
	}
	return names
}

func columns(made []*networkv1.Unit) db.AddUnitsParams {
	var p db.AddUnitsParams
	for _, u := range made {
		from, _ := calendar.ParseDate(u.GetEffectiveFrom()) // checked before
		p.ValidFrom = append(p.ValidFrom, from.In(time.UTC))
		p.UnitID = append(p.UnitID, resource.ID(u.GetName()))
		p.Title = append(p.Title, u.GetTitle())
		p.Kind = append(p.Kind, int16(u.GetKind()))
		p.Level = append(p.Level, int16(u.GetLevel()))
		p.DivisionCode = append(p.DivisionCode, u.GetDivisionCode())
		p.ParentID = append(p.ParentID, resource.ID(u.GetParent()))
		p.SystemParentID = append(p.SystemParentID, resource.ID(u.GetSystemParent()))
		p.Region = append(p.Region, u.GetRegion())
		p.Path = append(p.Path, access.Path(u))
		p.ResponsibleOffice = append(p.ResponsibleOffice, u.GetResponsibleOffice())
		p.FirstResponsible = append(p.FirstResponsible, u.GetFirstResponsible())
	}
	return p
}
