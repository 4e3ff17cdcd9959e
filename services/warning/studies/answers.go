package studies

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// AnswerInvitation accepts or declines; from now on the opinion is awaited, or nothing.
func (s *Server) AnswerInvitation(
	ctx context.Context, req *warningv1.AnswerInvitationRequest,
) (*warningv1.StudyInvitation, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.invitations.ActBy(ctx, req, answerAct, s.isExpert, func(ctx context.Context, c *invitation) error {
		var faults fault.Fields
		checkGiven(&faults, "reason", req.GetReason(), !req.GetAccepted(), words.DeclinedOnly())
		checkReception(&faults, c, req.GetReception())
		if err := faults.Err(); err != nil {
			return err
		}
		r := c.Record
		r.AnsweredOn, r.DeclineReason, r.AnswerReception = c.Today().String(), req.GetReason(), proto.CloneOf(req.GetReception())
		if !req.GetAccepted() {
			r.State = declined
			settle(c)
			tellUnit(c, words.InboxStudyDeclined(r.GetExpert().GetName(), r.GetTitle()))
			return nil
		}
		kind, err := s.kindOf(ctx, c)
		if err != nil {
			return err
		}
		due, err := calendarpb.Due(days, c.Today(), kind.GetOpinionWithin())
		r.State, r.DueOn = accepted, due.GetDue()
		if err != nil {
			return err
		}
		tellUnit(c, words.InboxStudyAccepted(r.GetExpert().GetName(), r.GetTitle(), r.GetDueOn()))
		return planInvitation(days)(ctx, c)
	})
}

// DeclareConflict declares whether an expert has a conflict of interest. Who has one is left out for good.
func (s *Server) DeclareConflict(
	ctx context.Context, req *warningv1.DeclareConflictRequest,
) (*warningv1.StudyInvitation, error) {
	return s.invitations.ActBy(ctx, req, declareAct, s.isExpert, func(_ context.Context, c *invitation) error {
		var faults fault.Fields
		checkGiven(&faults, "conflict", req.GetConflict(), req.GetHasConflict(), words.ConflictOnly())
		checkReception(&faults, c, req.GetReception())
		if err := faults.Err(); err != nil {
			return err
		}
		r := c.Record
		r.DeclaredOn, r.Conflict = c.Today().String(), req.GetConflict()
		r.DeclarationReception = proto.CloneOf(req.GetReception())
		switch {
		case req.GetHasConflict():
			r.State = conflicted
			settle(c)
			tellUnit(c, words.InboxStudyConflict(r.GetExpert().GetName(), r.GetTitle()))
		case c.Before.GetState() == advised:
			r.State = advised
		default:
			r.State = cleared
		}
		return nil
	})
}

// RecordOpinion records an opinion once and for all.
func (s *Server) RecordOpinion(ctx context.Context, req *warningv1.RecordOpinionRequest) (*warningv1.StudyInvitation, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (lines, error) {
		foreseen, err := s.invitations.Foresee(ctx, req, opinionAct)
		if err != nil {
			return nil, err
		}
		return s.lines(ctx, foreseen.Beside[actingExpert])
	}, func(ctx context.Context, found lines) (*warningv1.StudyInvitation, error) {
		return s.invitations.ActBy(ctx, req, opinionAct, s.isExpert, func(_ context.Context, c *invitation) error {
			r := c.Record
			if found.hasUnitConflict(r.GetSubjectUnits(), c.Beside[endedSubjects], c.Beside[actingExpert]) {
				return fault.Precondition(words.ExpertOfSubject())
			}
			var faults fault.Fields
			checkReception(&faults, c, req.GetReception())
			r.Opinion, r.OpinionOn, r.OpinionReception = req.GetOpinion(), c.Today().String(), proto.CloneOf(req.GetReception())
			settle(c)
			tellUnit(c, words.InboxStudyAdvised(r.GetExpert().GetName(), r.GetTitle()))
			return faults.Err()
		})
	})
}

// settle ends what an expert owes.
func settle(c *invitation) { c.Record.DueOn, c.Record.RemindOn = "", "" }

// tellUnit has the unit that studies hear of what an expert did by their own account.
func tellUnit(c *invitation, says words.Sentence) {
	if c.Record.GetExpert().GetOfficer() != "" {
		c.Notify(record.Message{Unit: responsibleFor(c), Sentence: says, Resource: c.Record.GetStudy()})
	}
}

// checkGiven wants a text where it is asked for, and nowhere else.
func checkGiven(faults *fault.Fields, field, text string, asked bool, only words.Sentence) {
	switch {
	case asked && strings.TrimSpace(text) == "":
		faults.Add(field, words.Required())
	case !asked && text != "":
		faults.Add(field, only)
	}
}

// checkReception wants to know who received what an expert without an account said, and when.
func checkReception(faults *fault.Fields, c *invitation, r *warningv1.StudyReception) {
	const field = "reception"
	switch {
	case c.Record.GetExpert().GetOfficer() != "":
		if r != nil {
			faults.Add(field, words.NoReception())
		}
		return
	case r == nil:
		faults.Add(field, words.Required())
		return
	}
	day, ok := faults.ParseDay(field+".received_on", r.GetReceivedOn())
	switch invitedOn, err := calendar.ParseDate(c.Record.GetInvitedOn()); {
	case !ok:
	case day.After(c.Today()):
		faults.Add(field+".received_on", words.Future())
	case err == nil && day.Before(invitedOn):
		faults.Add(field+".received_on", words.BeforeInvitation(invitedOn.String()))
	}
}

// kindOf is the kind of the study that an expert is invited to, by the scheme version that it goes by.
func (s *Server) kindOf(ctx context.Context, c *invitation) (*warningv1.StudyKind, error) {
	region, key, _ := resource.Split(c.Record.GetStudy())
	row, err := db.New(c).StudyScheme(ctx, db.StudySchemeParams{Region: region, Key: key})
	if err != nil {
		return nil, err
	}
	return kindOf(ctx, c.Tx, row.SchemeVersion, row.Kind)
}
