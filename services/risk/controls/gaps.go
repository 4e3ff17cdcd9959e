package controls

import (
	"context"
	"slices"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
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
	rows, err := db.New(s.controls.Store.Afresh()).ControlGaps(ctx, db.ControlGapsParams{
		Subtree: access.Path(access.Target(ctx)), Day: clock.Today(s.controls.Store.Clock),
		AfterPath: p.Cursor.Path, AfterKey: p.Cursor.Key, Size: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ControlGapsRow) place { return place{r.UnitPath, r.Key} }, gapOf)
	return &riskv1.ListControlGapsResponse{Gaps: slices.DeleteFunc(list, complete), NextPageToken: next}, err
}

// gapOf is what a risk point lacks.
func gapOf(r db.ControlGapsRow) (*riskv1.ControlGap, error) {
	point, err := document.Decode[*riskv1.RiskPoint](r.Body)
	return &riskv1.ControlGap{
		RiskPoint: point.GetName(), Unit: point.GetUnit(), Grade: point.GetGrade(),
		MissingForms: r.MissingForms, MissingCount: r.MissingCount, StageForms: r.StageForms,
		GradeDropped: r.GradeDropped,
	}, err
}

// complete tells whether a risk point lacks nothing.
func complete(gap *riskv1.ControlGap) bool {
	return !gap.GetGradeDropped() && gap.GetMissingCount() == 0 &&
		len(gap.GetMissingForms()) == 0 && len(gap.GetStageForms()) == 0
}
