package units

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/division"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// createUnits creates units below their parents, which may be in the same batch, in a fixed number of statements. It names
// every faulty row. An existing id or a second root fails at once.
func (s *Server) createUnits(
	ctx context.Context, tx *record.Tx, requests []*networkv1.CreateUnitRequest, prefix func(int) string,
) ([]*networkv1.Unit, error) {
	if err := db.New(tx).ShareTree(ctx); err != nil {
		return nil, err
	}
	batch, err := s.newBatch(ctx, tx, requests)
	if err != nil {
		return nil, err
	}
	for i, req := range requests {
		if err := batch.addUnit(ctx, req, prefix(i)); err != nil {
			return nil, err
		}
	}
	if err := s.checkSorts(ctx, tx, batch, requests, prefix); err != nil {
		return nil, err
	}
	if err := batch.faults.Err(); err != nil {
		return nil, err
	}
	if err := s.authorizeCreation(ctx, tx, batch.created); err != nil {
		return nil, err
	}
	entries := make([]record.Entry, len(batch.created))
	for i, u := range batch.created {
		entries[i] = record.Entry{Resource: u.GetName(), UnitPath: access.Path(u)}
	}
	if err := db.New(tx).AddUnits(ctx, unitColumns(batch.created)); err != nil {
		return nil, err
	}
	if err := checkNewTitles(ctx, tx, requests, earliestStart(requests, batch.today), prefix); err != nil {
		return nil, err
	}
	return batch.created, tx.Record(ctx, entries...)
}

// batch is the new units of one request, with what their checks need.
type batch struct {
	parents   map[string]unitVersions    // units that may be above, by name, from the first day of a new one on
	newUnits  map[string]*networkv1.Unit // the new units, which may be above others, by name
	usedIDs   map[string]bool            // ids that were ever given
	usedCodes map[string]bool            // division codes that current units have
	missing   map[absence]words.Sentence // what to say of units that are not there to be above
	root      string
	tx        db.DBTX
	today     calendar.Date
	created   []*networkv1.Unit
	faults    fault.Fields
}

func (s *Server) newBatch(ctx context.Context, tx *record.Tx, requests []*networkv1.CreateUnitRequest) (*batch, error) {
	b := &batch{
		parents: map[string]unitVersions{}, newUnits: map[string]*networkv1.Unit{}, usedIDs: map[string]bool{},
		missing: map[absence]words.Sentence{}, today: clock.Today(s.store.Clock), tx: tx,
	}
	ids, above := make([]string, 0, len(requests)), map[string]bool{}
	for _, req := range requests {
		ids = append(ids, req.GetUnitId())
		above[resource.ID(req.GetUnit().GetParent())], above[resource.ID(req.GetUnit().GetSystemParent())] = true, true
	}
	queries := db.New(tx)
	first := earliestStart(requests, b.today)
	parents := slices.Collect(maps.Keys(above))
	if err := queries.LockParents(ctx, db.LockParentsParams{UnitIds: parents, Day: b.today}); err != nil {
		return nil, err
	}
	rows, err := queries.VersionsOfAll(ctx, db.VersionsOfAllParams{UnitIds: parents, Day: first})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		name := resource.Name(resource.Units, row.UnitID)
		b.parents[name] = append(b.parents[name], row)
	}
	if b.usedCodes, err = codesOf(ctx, queries, requests, first); err != nil {
		return nil, err
	}
	taken, err := queries.KnownUnits(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range taken {
		b.usedIDs[id] = true
	}
	if b.root, err = queries.GetRoot(ctx); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	return b, nil
}

// absence is of a unit on a day.
type absence struct {
	name string
	day  calendar.Date
}

// addMissing adds to the faults that a unit can't be above a new one from a day on: there is none, or it has ended by then.
func (b *batch) addMissing(ctx context.Context, field, name string, day calendar.Date) error {
	says, known := b.missing[absence{name, day}]
	if !known {
		var err error
		if says, err = missing(ctx, b.tx, name, day); err != nil {
			return err
		}
		b.missing[absence{name, day}] = says
	}
	b.faults.Add(field, says)
	return nil
}

// earliestStart is the first of the days from which new units are to hold.
func earliestStart(requests []*networkv1.CreateUnitRequest, today calendar.Date) calendar.Date {
	first := calendar.LastDay
	for _, req := range requests {
		from, err := calendar.ParseDate(req.GetUnit().GetEffectiveFrom())
		if err != nil {
			from = today
		}
		if from.Before(first) {
			first = from
		}
	}
	return first
}

// codesOf are those of the new units' division codes that some unit has on a day or later.
func codesOf(
	ctx context.Context, queries *db.Queries, requests []*networkv1.CreateUnitRequest, day calendar.Date,
) (map[string]bool, error) {
	wanted := make([]string, 0, len(requests))
	for _, req := range requests {
		if code := req.GetUnit().GetDivisionCode(); code != "" {
			wanted = append(wanted, code)
		}
	}
	had, err := queries.CodesFrom(ctx, db.CodesFromParams{Codes: wanted, Day: day})
	codes := make(map[string]bool, len(requests))
	for _, code := range had {
		codes[code] = true
	}
	return codes, err
}

// addUnit checks one new unit and gives it its place.
func (b *batch) addUnit(ctx context.Context, req *networkv1.CreateUnitRequest, prefix string) error {
	name := resource.Name(resource.Units, req.GetUnitId())
	if b.usedIDs[req.GetUnitId()] {
		return fault.AlreadyExists(name).OnField(prefix + "unit_id") // the whole request may be a repetition: it is told as such
	}
	u := unitFrom(req.GetUnit(), name)
	if u.GetEffectiveFrom() == "" {
		u.EffectiveFrom = b.today.String()
	}
	parent, ok, err := b.findParent(ctx, u, prefix)
	if err != nil || !ok {
		return err
	}
	reach, path := name, access.Path(u)
	if parent != nil {
		u.Ancestors = append(append(u.Ancestors, parent.GetAncestors()...), parent.GetName())
		reach, path = parent.GetName(), access.Path(u)
	}
	if !access.Reaches(ctx, path) && access.AlongSystemLine(ctx) {
		path = b.systemPath(u) // whoever it comes under on that line builds it; a delegation must say so
	}
	if err := access.Require(ctx, path, reach); err != nil {
		return fault.On(err, prefix+"unit.parent")
	}
	u.Region = regionOf(u, parent)
	checkUnit(&b.faults, prefix+"unit.", u, parent)
	b.checkCode(prefix+"unit.division_code", u, parent)
	b.usedIDs[req.GetUnitId()], b.newUnits[name] = true, u
	b.created = append(b.created, u)
	return nil
}

// findParent finds the unit above a new one; nil for the root, of which there is one. It tells false where there is a fault.
func (b *batch) findParent(ctx context.Context, u *networkv1.Unit, prefix string) (parent *networkv1.Unit, ok bool, err error) {
	from, err := calendar.ParseDate(u.GetEffectiveFrom())
	if err != nil {
		from = b.today // checkUnit notes it
	}
	if above := u.GetSystemParent(); above != "" && b.newUnits[above] == nil {
		switch versions := b.parents[above].onOrAfter(from); {
		case versions == nil || !versions.isPermanent():
			if err := b.addMissing(ctx, prefix+"unit.system_parent", above, lastDay); err != nil {
				return nil, false, err
			}
		case versions[0].ValidFrom.After(from):
			b.faults.Add(prefix+"unit.system_parent", access.ComingSentence(unitOf(versions[0])))
		}
	}
	if u.GetParent() == "" {
		if b.root != "" {
			root := words.Untitled(resource.Name(resource.Units, b.root))
			return nil, false, fault.Precondition(words.RootExists(root)).OnField(prefix + "unit.parent")
		}
		b.root = resource.ID(u.GetName())
		return nil, true, nil
	}
	if parent = b.newUnits[u.GetParent()]; parent != nil {
		return parent, true, nil
	}
	versions := b.parents[u.GetParent()].onOrAfter(from)
	if versions == nil {
		return nil, false, b.addMissing(ctx, prefix+"unit.parent", u.GetParent(), from)
	}
	// Below a unit that changes its name or kind later there is room; its place must stay.
	return unitOf(versions[0]), true, versions.requireKeepsPath(ctx, b.tx, prefix+"unit.parent")
}

// systemPath is the path of the unit that a new one comes under on the system line; none where there is no such unit.
func (b *batch) systemPath(u *networkv1.Unit) string {
	if above := b.newUnits[u.GetSystemParent()]; above != nil {
		return access.Path(above)
	}
	if above := b.parents[u.GetSystemParent()]; above != nil {
		return above.path()
	}
	return ""
}

// onOrAfter are the versions of a unit that hold on a day or later; nil where there are none.
func (s unitVersions) onOrAfter(day calendar.Date) unitVersions {
	for i, v := range s {
		if v.ValidTo.After(day) {
			return s[i:]
		}
	}
	return nil
}

// unitFrom copies what a caller may say about a unit.
func unitFrom(u *networkv1.Unit, name string) *networkv1.Unit {
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
	from, ok := faults.ParseDay(prefix+"effective_from", u.GetEffectiveFrom())
	if len(u.GetAncestors()) >= maxDepth {
		faults.Add(prefix+"parent", words.TooDeep(strconv.Itoa(maxDepth)))
	}
	if parent == nil {
		return
	}
	if above, err := calendar.ParseDate(parent.GetEffectiveFrom()); ok && err == nil && from.Before(above) {
		faults.Add(prefix+"effective_from", words.BeforeParent(above.String()))
	}
	if u.GetLevel() < parent.GetLevel() {
		faults.Add(prefix+"level", words.LevelBelow(words.Titled(u), parent.GetLevel().String()))
	}
}

// checkCode checks a division code: as long as its level's are, below the parent's, and no other unit's.
func (b *batch) checkCode(field string, u, parent *networkv1.Unit) {
	code := u.GetDivisionCode()
	switch {
	case code == "":
		return
	case len(code) != division.CodeLength(u.GetLevel()):
		b.faults.Add(field, words.DivisionLevel())
	case !strings.HasPrefix(code, division.Prefix(parent.GetDivisionCode())):
		b.faults.Add(field, words.DivisionCode(code, parent.GetDivisionCode()))
	case b.usedCodes[code]:
		b.faults.Add(field, words.SameCode(code))
	}
	b.usedCodes[code] = true
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

func ancestorNames(path string) []string {
	ids := strings.Split(path, ".")
	names := make([]string, 0, len(ids)-1)
	for _, id := range ids[:len(ids)-1] {
		names = append(names, resource.Name(resource.Units, id))
	}
	return names
}

func unitColumns(created []*networkv1.Unit) db.AddUnitsParams {
	var p db.AddUnitsParams
	for _, u := range created {
		from, _ := calendar.ParseDate(u.GetEffectiveFrom()) // checked before
		p.ValidFrom = append(p.ValidFrom, from)
		p.UnitID = append(p.UnitID, resource.ID(u.GetName()))
		p.Title, p.TitleForm = append(p.Title, u.GetTitle()), append(p.TitleForm, normalform.Of(u.GetTitle()))
		p.Kind = append(p.Kind, u.GetKind().String())
		p.Level = append(p.Level, int16(u.GetLevel()))
		p.DivisionCode = append(p.DivisionCode, u.GetDivisionCode())
		p.ParentID = append(p.ParentID, resource.ID(u.GetParent()))
		p.SystemParentID = append(p.SystemParentID, resource.ID(u.GetSystemParent()))
		p.Region = append(p.Region, u.GetRegion())
		p.Path = append(p.Path, access.Path(u))
		p.ResponsibleOffice = append(p.ResponsibleOffice, u.GetResponsibleOffice())
		p.FirstResponsible = append(p.FirstResponsible, u.GetFirstResponsible())
		p.LeaderInCharge, p.Sort = append(p.LeaderInCharge, u.GetLeaderInCharge()), append(p.Sort, u.GetSort())
	}
	return p
}
