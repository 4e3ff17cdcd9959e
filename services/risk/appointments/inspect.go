package appointments

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// QualifyAppointment records the check of the qualification.
func (s *Server) QualifyAppointment(ctx context.Context, req *riskv1.QualifyAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Act(ctx, req, qualifyAct, func(ctx context.Context, c *change) (err error) {
		last := slices.MaxFunc(c.Record.GetNominations(), func(a, b *riskv1.Nomination) int {
			return strings.Compare(a.GetNominatedOn(), b.GetNominatedOn())
		})
		c.Record.Qualification, err = s.checked(ctx, c, "qualification", req.GetQualification(), last.GetNominatedOn())
		return err
	})
}

// InspectAppointment records the inspection of how the candidate performed their duties. It stays: nobody is inspected until the
// result is good.
func (s *Server) InspectAppointment(ctx context.Context, req *riskv1.InspectAppointmentRequest) (*riskv1.Appointment, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.appointments.Act(ctx, req, inspectAct, func(ctx context.Context, c *change) (err error) {
		if c.Record.GetInspection() != nil {
			return fault.Precondition(words.InspectedAlready())
		}
		since := c.Record.GetQualification().GetCheckedOn()
		c.Record.Inspection, err = s.checked(ctx, c, "inspection", req.GetInspection(), since)
		if err != nil {
			return err
		}
		if c.Record.GetState() == rejected {
			return s.over(ctx, c)
		}
		if !slices.Contains(c.Record.GetAskedSteps(), feedbackStep) {
			return nil
		}
		if err := s.asking.Await(days)(ctx, c); err != nil {
			return err
		}
		c.Tell(c.UnitAbove(), saysFeedbackAsked(c.Record))
		return nil
	})
}

// checked holds a check of a candidate against the positions and the days, keeps who checked as they were that day, and ends the
// appointment where the candidate failed.
func (s *Server) checked(
	ctx context.Context, c *change, field string, asked *riskv1.CandidateCheck, since string,
) (*riskv1.CandidateCheck, error) {
	first, err := calendar.ParseDate(since)
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	done := proto.CloneOf(asked)
	day, ok := faults.ParseDayBetween(field+".checked_on", done.GetCheckedOn(), first, c.Today())
	if !ok {
		return nil, faults.Err()
	}
	done.CheckedBy = nil
	for i, name := range done.GetCheckers() {
		checker, err := s.checker(ctx, c, &faults, fmt.Sprintf("%s.checkers[%d]", field, i), name, day)
		if err != nil {
			return nil, err
		}
		if checker != nil && slices.Contains(done.GetCheckers()[:i], name) {
			faults.Add(fmt.Sprintf("%s.checkers[%d]", field, i), words.Duplicate(checker.GetTitle()))
		}
		done.CheckedBy = append(done.CheckedBy, checker)
	}
	err = attachments.CheckOwned(ctx, c, &faults, field+".evidence", c.Record.GetName(), done.GetEvidence())
	if err != nil {
		return nil, err
	}
	if done.GetResult() == riskv1.AppointmentResult_APPOINTMENT_RESULT_FAILED {
		c.Record.State, c.Record.RejectReason = rejected, done.GetFinding()
	}
	return done, faults.Err()
}

// checker is who held a position on a day. It notes a fault where nobody did, or the candidate.
func (s *Server) checker(
	ctx context.Context, c *change, faults *fault.Fields, field, name string, day calendar.Date,
) (*riskv1.Incumbent, error) {
	found, err := collection.FindAround(ctx, s.positions, c, faults, field, name)
	if err != nil || found == nil {
		return nil, err
	}
	incumbent := positions.IncumbentOn(found.Record, day)
	switch incumbent.GetPerson() {
	case "":
		faults.Add(field, words.Vacant(day.String()))
	case c.Record.GetPerson():
		faults.Add(field, words.OwnCandidacy())
	}
	return incumbent, nil
}
