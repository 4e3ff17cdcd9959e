package checks

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// maxFindings is how many deficiencies a check notes at most; the protos promise it.
const maxFindings = 200

// RecordCheckFindings notes what was found as deficiencies of the unit that is checked.
func (s *Server) RecordCheckFindings(ctx context.Context, req *riskv1.RecordCheckFindingsRequest) (*riskv1.Check, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	look := func(ctx context.Context) (*networkv1.Unit, error) {
		c, err := s.checks.Foresee(ctx, req, findAct)
		if err != nil {
			return nil, err
		}
		return s.checked(ctx, c.Record.GetCheckedUnit())
	}
	return record.Prepare(ctx, s.checks.Store, req, look, func(ctx context.Context, at *networkv1.Unit) (*riskv1.Check, error) {
		return s.checks.Act(ctx, req, findAct, func(ctx context.Context, c *change) error {
			if len(c.Record.GetDeficiencies())+len(req.GetFindings()) > maxFindings {
				return fault.Precondition(words.TooManyFindings(strconv.Itoa(maxFindings)))
			}
			for i, finding := range req.GetFindings() {
				noted, err := s.deficiencies.Open(ctx, c.Tx, days, at, fmt.Sprintf("findings[%d].", i), &riskv1.Deficiency{
					Kind: finding.GetKind(), Text: finding.GetText(), Position: finding.GetPosition(), DueOn: finding.GetDueOn(),
					Source: c.Record.GetName(),
				})
				if err != nil {
					return err
				}
				c.Record.Deficiencies = append(c.Record.Deficiencies, noted.GetName())
			}
			return nil
		})
	})
}

// checked is the unit that is checked or, once it has ended, the one that acts for it and answers for what is found (ADR 037).
func (s *Server) checked(ctx context.Context, name string) (*networkv1.Unit, error) {
	ended, err := s.directory.Ended(ctx, name)
	switch {
	case err == nil:
		name = ended.GetSuccessor()
	case !fault.IsNotFound(err):
		return nil, err
	}
	return access.LookUp(ctx, s.directory, "name", name)
}

// ReportCheck ends a check with its summary, after the inquiry that asked for it has got that.
func (s *Server) ReportCheck(ctx context.Context, req *riskv1.ReportCheckRequest) (*riskv1.Check, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.checks.Store, req,
		func(ctx context.Context) (bool, error) { return s.answerInquiry(ctx, req) },
		func(ctx context.Context, answered bool) (*riskv1.Check, error) {
			return s.checks.Act(ctx, req, reportAct, func(ctx context.Context, c *change) error {
				day, err := madeOn(c.Record, req, c.Today())
				if err != nil {
					return err
				}
				if err := s.keepCheckers(ctx, c, day); err != nil {
					return err
				}
				c.Record.Summary, c.Record.DoneOn, c.Record.Important = req.GetSummary(), day.String(), req.GetImportant()
				c.Record.ReportedOn, c.Record.InquiryAnswered = c.Today().String(), answered
				owed.Stop(c.Record)
				tellImportant(c)
				return s.toFile(ctx, c, days)
			})
		})
}

// tellImportant tells the unit above of something important, and keeps which one that is. Where nobody is above, the unit itself
// hears of it, since its leaders did not check (T16): they look what is to be filed with bodies above.
func tellImportant(c *change) {
	if !c.Record.GetImportant() {
		return
	}
	c.Record.ToldUnit = c.UnitAbove()
	says := words.InboxCheckReported(c.Record.GetUnit(), title(c.Record))
	if c.Record.GetToldUnit() == c.ActingUnit() {
		says = words.InboxCheckImportant(title(c.Record))
	}
	c.Tell(c.Record.GetToldUnit(), says)
}

// madeOn is the day on which a check was made, by its report.
func madeOn(check *riskv1.Check, req *riskv1.ReportCheckRequest, today calendar.Date) (calendar.Date, error) {
	var faults fault.Fields
	first := calendar.DateOf(check.GetCreateTime().AsTime(), calendar.Shanghai)
	day, _ := faults.ParseDayBetween("done_on", req.GetDoneOn(), first, today)
	return day, faults.Err()
}

// keepCheckers keeps who checked that day. A position that has gone since is left out.
func (s *Server) keepCheckers(ctx context.Context, c *change, day calendar.Date) error {
	for _, name := range c.Record.GetCheckers() {
		checker, err := s.positions.Around(ctx, c.Tx, name, c.Units())
		if fault.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		c.Record.CheckedBy = append(c.Record.CheckedBy, positions.IncumbentOn(checker.Record, day))
	}
	return nil
}

// answerInquiry notes the summary as a finding of the inquiry that asked, and tells whether that took it: one that was closed
// does not. The id of the request keeps a check from being noted twice where what follows fails, whatever the next report says.
func (s *Server) answerInquiry(ctx context.Context, req *riskv1.ReportCheckRequest) (bool, error) {
	c, err := s.checks.Foresee(ctx, req, reportAct)
	if err != nil {
		return false, err
	}
	if c.Record.GetInquiry() == "" {
		return false, nil
	}
	if _, err := madeOn(c.Record, req, clock.Today(s.checks.Store.Clock)); err != nil {
		return false, err
	}
	unit, err := s.directory.Unit(ctx, c.ActingUnit())
	if err != nil {
		return false, err
	}
	_, err = s.inquiries.RecordFinding(ctx, &networkv1.RecordFindingRequest{
		Name: c.Record.GetInquiry(), RequestId: uuid.NewSHA1(uuid.NameSpaceOID, []byte(req.GetName())).String(),
		Finding: &networkv1.InquiryFinding{Text: req.GetSummary(), FoundBy: unit.GetTitle(), FoundOn: req.GetDoneOn()},
	})
	switch fault.PeerReason(err) {
	case typev1.Reason_WRONG_STATE.String():
		return false, nil
	case typev1.Reason_REQUEST_ID_REUSED.String(): // noted before, in other words
		return true, nil
	default:
		return err == nil, err
	}
}
