package bulletins

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// maxRows is how many lines by unit a section holds.
const maxRows = 50

// figures is what the sections of a bulletin tell of: a unit and all below it, in a period.
type figures struct {
	unit   *networkv1.Unit
	period calendar.Period
	scheme *warningv1.Scheme
	today  calendar.Date

	analysis *warningv1.Analysis // once a section has asked for it
	areas    []*networkv1.Term
}

// sections are those of a kind with their figures.
func (s *Server) sections(
	ctx context.Context, f *figures, kind *warningv1.BulletinKind,
) (list []*warningv1.BulletinSection, err error) {
	for _, rule := range kind.GetSections() {
		section := &warningv1.BulletinSection{Id: rule.GetId(), Title: rule.GetTitle(), Content: rule.GetContent()}
		switch rule.GetContent() {
		case warningv1.BulletinContent_BULLETIN_CONTENT_AREAS:
			section.Rows, err = s.areaRows(ctx, f)
		case warningv1.BulletinContent_BULLETIN_CONTENT_FINDINGS:
			section.Rows, err = s.findingRows(ctx, f)
		case warningv1.BulletinContent_BULLETIN_CONTENT_WARNINGS:
			section.Rows, err = s.warningRows(ctx, f)
		case warningv1.BulletinContent_BULLETIN_CONTENT_RECTIFICATIONS:
			section.Rows, err = s.rectificationRows(ctx, f)
		default: // what is written by hand
		}
		if err != nil {
			return nil, err
		}
		list = append(list, section)
	}
	return list, nil
}

// needAnalysis reads the unit's analysis of the period, and what areas are called.
func (s *Server) needAnalysis(ctx context.Context, f *figures) error {
	if f.analysis != nil {
		return nil
	}
	found, err := analyses.Read(ctx, s.store, analyses.Name(f.unit, f.period))
	if fault.IsNotFound(err) {
		return fault.Precondition(words.NoAnalysis(f.period.String()))
	}
	if err != nil {
		return err
	}
	network, err := s.directory.Scheme(ctx, f.unit.GetName())
	f.analysis, f.areas = found, network.GetSubjectAreas()
	return err
}

// area is what a subject area is called.
func (f *figures) area(id string) *typev1.Text {
	if term, ok := schemes.Find(f.areas, id); ok {
		return term.GetTitle()
	}
	return &typev1.Text{Zh: id, En: id}
}

// told is a number of tips as it is told to everybody: none where it is too small.
func (f *figures) told(tips int64) int64 {
	if tips < int64(f.analysis.GetLeastTold()) {
		return 0
	}
	return tips
}

// areaRows are the tips of the period by subject area, those with the most first.
func (s *Server) areaRows(ctx context.Context, f *figures) ([]*warningv1.BulletinRow, error) {
	if err := s.needAnalysis(ctx, f); err != nil {
		return nil, err
	}
	sums := map[string]*warningv1.BulletinRow{}
	for _, c := range f.analysis.GetCounts() {
		sum := sums[c.GetSubjectArea()]
		if sum == nil {
			sum = &warningv1.BulletinRow{Label: f.area(c.GetSubjectArea())}
			sums[c.GetSubjectArea()] = sum
		}
		sum.Count += c.GetTips()
		sum.Previous += c.GetPrevious()
	}
	rows := make([]*warningv1.BulletinRow, 0, len(sums))
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		rows = append(rows, sums[id])
	}
	return f.floor(rows), nil
}

// floor leaves out of rows what is too small to be told, and puts those with the most tips first.
func (f *figures) floor(rows []*warningv1.BulletinRow) []*warningv1.BulletinRow {
	for _, row := range rows {
		row.Count, row.Previous = f.told(row.GetCount()), f.told(row.GetPrevious())
	}
	rows = slices.DeleteFunc(rows, func(r *warningv1.BulletinRow) bool { return r.GetCount() == 0 && r.GetPrevious() == 0 })
	slices.SortStableFunc(rows, func(a, b *warningv1.BulletinRow) int { return cmp.Compare(b.GetCount(), a.GetCount()) })
	return rows
}

// findingRows are what stood out in the period, each unit and area once, however it did, with what lies behind it. What would not
// have been found without its few tips is left out.
func (s *Server) findingRows(ctx context.Context, f *figures) ([]*warningv1.BulletinRow, error) {
	if err := s.needAnalysis(ctx, f); err != nil {
		return nil, err
	}
	found, err := findings.Of(ctx, s.store, f.unit.GetName(), f.period, 4*maxRows)
	if err != nil {
		return nil, err
	}
	var rows []*warningv1.BulletinRow
	told := map[[2]string]bool{}
	for _, finding := range found {
		c := finding.GetCount()
		about := [2]string{c.GetUnit(), c.GetSubjectArea()}
		if told[about] || f.told(c.GetTips()) == 0 && !finding.GetWithoutTips() {
			continue
		}
		told[about] = true
		unit, err := access.UnitEver(ctx, s.directory, c.GetUnit())
		if err != nil {
			return nil, err
		}
		rows = append(rows, &warningv1.BulletinRow{
			Label: f.problem(c.GetSubjectArea()), UnitTitle: unit.GetTitle(), Count: f.told(c.GetTips()),
			Previous: f.told(c.GetPrevious()), Cause: findings.Circumstances(finding.GetCircumstances()),
			Problem: findings.Problem(finding.GetProblem()),
		})
		if len(rows) == maxRows {
			break
		}
	}
	slices.SortStableFunc(rows, func(a, b *warningv1.BulletinRow) int {
		return cmp.Or(cmp.Compare(b.GetCount(), a.GetCount()), cmp.Compare(a.GetUnitTitle(), b.GetUnitTitle()))
	})
	return rows, nil
}

// problem is what a finding is about besides its unit: a subject area, or the unit as a whole.
func (f *figures) problem(area string) *typev1.Text {
	title := findings.AreaTitle(area, f.area(area))
	return &typev1.Text{Zh: title.Zh, En: title.En}
}

// warningRows are the warnings of the period by level, the mildest first.
func (s *Server) warningRows(ctx context.Context, f *figures) ([]*warningv1.BulletinRow, error) {
	found, err := db.New(s.store).WarningsByLevel(ctx, db.WarningsByLevelParams{
		Unit: access.Path(f.unit), FromTime: f.period.First().In(calendar.Shanghai),
		BeforeTime: f.period.Next().First().In(calendar.Shanghai), Withdrawn: withdrawnWarning,
	})
	rows := make([]*warningv1.BulletinRow, 0, len(found))
	for _, level := range f.scheme.GetWarningLevels() {
		for _, row := range found {
			if row.WarningLevel == level.GetId() {
				rows = append(rows, &warningv1.BulletinRow{Label: level.GetTitle(), Count: row.Issued, Done: row.Ended})
			}
		}
	}
	return rows, err
}

// withdrawnWarning is the state of warnings that count nowhere.
var withdrawnWarning = warningv1.WarningState_WARNING_STATE_WITHDRAWN.String()

// rectificationRows are the rectifications that fell due in the period, by unit.
func (s *Server) rectificationRows(ctx context.Context, f *figures) ([]*warningv1.BulletinRow, error) {
	found, err := db.New(s.store).RectificationsByUnit(ctx, db.RectificationsByUnitParams{
		Unit: access.Path(f.unit), FirstDay: f.period.First(), LastDay: f.period.Last(), Today: f.today,
		Withdrawn: withdrawnWarning, Most: maxRows,
	})
	rows := make([]*warningv1.BulletinRow, len(found))
	for i, row := range found {
		rows[i] = &warningv1.BulletinRow{UnitTitle: row.UnitTitle, Count: row.Due, Done: row.InTime, Overdue: row.Overdue}
	}
	return rows, err
}
