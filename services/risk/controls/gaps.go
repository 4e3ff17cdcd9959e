package controls

import (
	"context"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// place is where a list of risk points stands.
type place struct{ Path, Key string }

// ListControlGaps lists the risk points in force that lack controls which the scheme of the day asks for.
func (s *Server) ListControlGaps(
	ctx context.Context, req *riskv1.ListControlGapsRequest,
) (*riskv1.ListControlGapsResponse, error) {
	p, err := page.Parse(req, place{})
	if err != nil {
		return nil, err
	}
	store := s.controls.Store.Afresh()
	today := clock.Today(s.controls.Store.Clock)
	byUnit, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, store, today)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(store).PointsWithForms(ctx, db.PointsWithFormsParams{
		Subtree: access.Path(access.Target(ctx)), Day: today, Cancelled: cancelled.String(),
		AfterPath: p.Cursor.Path, AfterKey: p.Cursor.Key, Size: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	read := func(r db.PointsWithFormsRow) (*riskv1.ControlGap, error) {
		point, err := document.Decode[*riskv1.RiskPoint](r.Body)
		if err != nil {
			return &riskv1.ControlGap{}, err
		}
		return gapOf(schemeOf(byUnit, r.ActingPath), point, r.Forms), nil
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.PointsWithFormsRow) place { return place{r.UnitPath, r.Key} }, read)
	return &riskv1.ListControlGapsResponse{Gaps: slices.DeleteFunc(list, complete), NextPageToken: next}, err
}

// schemeOf is the scheme that holds for a unit: that of the nearest unit on its path that has one.
func schemeOf(byUnit map[string]*riskv1.Scheme, path string) *riskv1.Scheme {
	for _, id := range slices.Backward(strings.Split(path, ".")) {
		if scheme, ok := byUnit[resource.Name(resource.Units, id)]; ok {
			return scheme
		}
	}
	return nil
}

// gapOf is what a risk point lacks that has controls of some forms.
func gapOf(scheme *riskv1.Scheme, point *riskv1.RiskPoint, has []string) *riskv1.ControlGap {
	grade, _ := schemes.Find(scheme.GetGrades(), point.GetGrade())
	gap := &riskv1.ControlGap{
		RiskPoint: point.GetName(), Unit: point.GetUnit(), Grade: point.GetGrade(),
		MissingCount: max(grade.GetMinControlForms()-int32(len(has)), 0),
	}
	for _, form := range grade.GetRequiredControlForms() {
		if !slices.Contains(has, form) {
			gap.MissingForms = append(gap.MissingForms, form)
		}
	}
	for _, form := range scheme.GetControlForms() {
		if slices.Contains(form.GetStages(), point.GetControlStage()) {
			gap.StageForms = append(gap.StageForms, form.GetId())
		}
	}
	if slices.ContainsFunc(gap.GetStageForms(), func(form string) bool { return slices.Contains(has, form) }) {
		gap.StageForms = nil
	}
	return gap
}

// complete tells whether a risk point lacks nothing.
func complete(gap *riskv1.ControlGap) bool {
	return len(gap.GetMissingForms()) == 0 && gap.GetMissingCount() == 0 && len(gap.GetStageForms()) == 0
}
