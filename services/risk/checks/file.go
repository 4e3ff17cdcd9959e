package checks

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// toFile has an important check be filed with the bodies of its kind where nobody is above the unit, since no other unit of the
// suite hears of it (T16).
func (s *Server) toFile(ctx context.Context, c *change, days *calendar.Calendar) error {
	if !c.Record.GetImportant() || c.Record.GetToldUnit() != c.ActingUnit() {
		return nil
	}
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		if fault.IsNotFound(err) {
			return nil
		}
		return err
	}
	kind, _ := schemes.Find(scheme.GetCheckKinds(), c.Record.GetKind())
	if kind.GetFiling() == nil {
		return nil
	}
	c.Record.SchemeVersion = schemes.Version(scheme)
	return s.filing.ToFile(days, c.Today(), kind.GetFiling().GetLimit())(ctx, c)
}

// FileCheck records with whom a check was filed.
func (s *Server) FileCheck(ctx context.Context, req *riskv1.FileCheckRequest) (*riskv1.Check, error) {
	return s.checks.Act(ctx, req, fileAct, func(ctx context.Context, c *change) error {
		if c.Record.GetFileBy() == "" {
			return fault.Precondition(words.NotToBeFiled())
		}
		scheme := &riskv1.Scheme{}
		if err := schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme); err != nil {
			return err
		}
		kind, _ := schemes.Find(scheme.GetCheckKinds(), c.Record.GetKind())
		return owed.File(c, req.GetFiling(), kind.GetFiling().GetFiledWith(), c.Record.GetDoneOn())
	})
}
