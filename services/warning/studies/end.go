package studies

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// ConcludeStudy ends a study, whose conclusion rests on enough opinions of experts without a conflict of interest. No expert
// concludes.
func (s *Server) ConcludeStudy(ctx context.Context, req *warningv1.ConcludeStudyRequest) (*warningv1.Study, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (lines, error) {
		if _, err := s.studies.Foresee(ctx, req, concludeAct); err != nil {
			return nil, err
		}
		paths, err := db.New(s.store).ListAdvisedPaths(ctx, req.GetName())
		if err != nil {
			return nil, err
		}
		return s.lines(ctx, paths...)
	}, func(ctx context.Context, found lines) (*warningv1.Study, error) {
		return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Study, error) {
			return s.conclude(ctx, tx, req, found)
		})
	})
}

// conclude ends a study and its invitations.
func (s *Server) conclude(
	ctx context.Context, tx *record.Tx, req *warningv1.ConcludeStudyRequest, found lines,
) (*warningv1.Study, error) {
	var panel []db.ListPanelRow
	study, err := s.studies.ActIn(ctx, tx, req, concludeAct, isConcluder(&panel), func(ctx context.Context, c *change) error {
		kind, err := kindOf(ctx, c.Tx, c.Record.GetSchemeVersion(), c.Record.GetKind())
		if err != nil {
			return err
		}
		count, least := opinions(c, panel, found), kind.GetLeastExperts()
		if count < least {
			return fault.Precondition(words.TooFewOpinions(strconv.Itoa(int(count)), strconv.Itoa(int(least))))
		}
		r := c.Record
		r.Conclusion, r.Recommendations, r.OpinionCount = req.GetConclusion(), req.GetRecommendations(), count
		r.ConcludedOn, r.RemindOn = c.Today().String(), ""
		return nil
	})
	if err != nil {
		return nil, err
	}
	return study, s.end(ctx, tx, panel, func(c *invitation) {
		if c.Record.GetState() == heard {
			c.Record.Conclusion, c.Record.Recommendations = study.GetConclusion(), study.GetRecommendations()
		}
		tellExpert(c, words.InboxExpertStudyConcluded(study.GetUnit()))
	})
}

// isConcluder lets the unit conclude as it acts else, but nobody who is one of the experts. It reads the panel, which stays as it
// is until the transaction ends.
func isConcluder(panel *[]db.ListPanelRow) func(context.Context, *change) error {
	return func(ctx context.Context, c *change) (err error) {
		if *panel, err = db.New(c).ListPanel(ctx, c.Record.GetName()); err != nil {
			return err
		}
		for _, one := range *panel {
			if one.Officer != "" && one.Officer == access.PrincipalOf(ctx).Officer {
				return fault.Denied(words.OwnStudy())
			}
		}
		return isUnit(ctx, c)
	}
}

// opinions counts those of experts who don't belong to a unit that is studied.
func opinions(c *change, panel []db.ListPanelRow, found lines) (count int32) {
	for _, one := range panel {
		if one.State == advised.String() &&
			!found.hasUnitConflict(c.Record.GetSubjectUnits(), c.Beside[endedSubjects], one.ActingPath) {
			count++
		}
	}
	return count
}

// WithdrawStudy gives a study up.
func (s *Server) WithdrawStudy(ctx context.Context, req *warningv1.WithdrawStudyRequest) (*warningv1.Study, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Study, error) {
		study, err := s.studies.ActIn(ctx, tx, req, withdrawAct, isUnit, func(_ context.Context, c *change) error {
			c.Record.WithdrawReason, c.Record.RemindOn = req.GetReason(), ""
			return nil
		})
		if err != nil {
			return nil, err
		}
		panel, err := db.New(tx).ListPanel(ctx, study.GetName())
		if err != nil {
			return nil, err
		}
		return study, s.end(ctx, tx, panel, func(c *invitation) {
			tellExpert(c, words.InboxExpertStudyWithdrawn(study.GetUnit()))
		})
	})
}

// end ends the invitations of a study that are still open.
func (s *Server) end(ctx context.Context, tx *record.Tx, panel []db.ListPanelRow, each func(*invitation)) error {
	var names []string
	for _, one := range panel {
		if one.State != declined.String() && one.State != conflicted.String() {
			names = append(names, resource.Sharded(resource.StudyInvitations, one.Region, one.Key))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return s.invitations.ActAll(ctx, tx, names, endAct, func(_ context.Context, c *invitation) error {
		settle(c)
		each(c)
		return nil
	})
}
