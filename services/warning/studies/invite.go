package studies

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// guest is an expert as asked, with their unit and its line; none for who is from outside.
type guest struct {
	expert *warningv1.StudyExpert
	unit   *networkv1.Unit
	line   []string
}

// InviteExpert asks one more expert. Who they are is looked up before the transaction begins.
func (s *Server) InviteExpert(ctx context.Context, req *warningv1.InviteExpertRequest) (*warningv1.StudyInvitation, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) (guest, error) {
		study, err := s.studies.Foresee(ctx, req, inviteAct)
		if err != nil {
			return guest{}, err
		}
		if err := isUnit(ctx, study); err != nil {
			return guest{}, err
		}
		return s.guest(ctx, req.GetExpert())
	}, func(ctx context.Context, who guest) (*warningv1.StudyInvitation, error) {
		return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.StudyInvitation, error) {
			return s.invite(ctx, tx, req, who, days)
		})
	})
}

// guest looks up who is asked: the officer and the unit. Of officers beyond the caller's reach it tells nothing.
func (s *Server) guest(ctx context.Context, asked *warningv1.StudyExpert) (g guest, err error) {
	g.expert = proto.CloneOf(asked)
	var faults fault.Fields
	if officer := asked.GetOfficer(); officer != "" {
		found, err := s.officer(ctx, officer)
		switch {
		case err != nil:
			return g, err
		case found == nil:
			faults.Add("expert.officer", words.UnknownOfficer(officer))
			return g, faults.Err()
		case asked.GetName() != "" && asked.GetName() != found.GetTitle():
			faults.Add("expert.name", words.NameOfOfficer(found.GetTitle()))
		case asked.GetUnit() != "" && asked.GetUnit() != found.GetUnit():
			faults.Add("expert.unit", words.OtherUnit(words.Untitled(found.GetUnit())))
		}
		g.expert.Name, g.expert.Unit = found.GetTitle(), found.GetUnit()
	}
	if g.expert.GetName() == "" {
		faults.Add("expert.name", words.Required())
	}
	if err := faults.Err(); err != nil || g.expert.GetUnit() == "" {
		return g, err
	}
	if g.unit, err = access.LookUp(ctx, s.directory, "expert.unit", g.expert.GetUnit()); err != nil {
		return g, err
	}
	g.line, err = access.Line(ctx, s.directory, g.unit)
	return g, err
}

// officer is one who is in office, of a unit that the caller reaches; else nil.
func (s *Server) officer(ctx context.Context, name string) (*networkv1.Officer, error) {
	found, err := s.directory.Officer(ctx, name)
	if err == nil {
		var unit *networkv1.Unit
		unit, err = s.directory.Unit(ctx, found.GetUnit())
		if err == nil && access.InOffice(found, clock.Today(s.store.Clock)) && access.Reaches(ctx, access.Path(unit)) {
			return found, nil
		}
	}
	if fault.IsNotFound(err) {
		return nil, nil
	}
	return nil, err
}

// invite opens a study with its first expert, and gives the expert an invitation.
func (s *Server) invite(
	ctx context.Context, tx *record.Tx, req *warningv1.InviteExpertRequest, who guest, days *calendar.Calendar,
) (*warningv1.StudyInvitation, error) {
	var of *change
	var kind *warningv1.StudyKind
	study, err := s.studies.ActIn(ctx, tx, req, inviteAct, isUnit, func(ctx context.Context, c *change) (err error) {
		of = c
		if c.Before.GetState() == open {
			kind, err = kindOf(ctx, c.Tx, c.Record.GetSchemeVersion(), c.Record.GetKind())
		} else {
			kind, err = start(ctx, c, days)
		}
		if err != nil {
			return err
		}
		return checkGuest(ctx, c, who)
	})
	if err != nil {
		return nil, err
	}
	due, err := calendarpb.Due(days, tx.Today(), kind.GetAnswerWithin())
	if err != nil {
		return nil, err
	}
	made := &warningv1.StudyInvitation{
		Study: study.GetName(), Expert: who.expert, Title: study.GetTitle(), KindTitle: study.GetKindTitle(),
		UnitTitle: study.GetUnitTitle(), Brief: study.GetBrief(), Questions: study.GetQuestions(),
		SubjectUnits: study.GetSubjectUnits(), Focus: study.GetFocus(),
		InvitedOn: tx.Today().String(), DueOn: due.GetDue(), Reminders: kind.GetReminders(),
	}
	return s.invitations.CreateIn(ctx, tx, of.Unit(), made, planInvitation(days), func(_ context.Context, c *invitation) error {
		c.Beside[expertPath] = ""
		if who.unit != nil {
			c.Beside[expertPath] = access.Path(who.unit)
		}
		tellExpert(c, words.InboxExpertInvited(c.Record.GetUnit(), titleOf(study), c.Record.GetDueOn()))
		return nil
	})
}

// start opens a study by the scheme of today.
func start(ctx context.Context, c *change, days *calendar.Calendar) (*warningv1.StudyKind, error) {
	_, kind, err := kindToday(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case kind == nil:
		return nil, fault.Precondition(words.NoStudyKind())
	}
	due, err := calendarpb.Due(days, c.Today(), kind.GetWithin())
	if err != nil {
		return nil, err
	}
	c.Record.OpenedOn, c.Record.DueOn, c.Record.Reminders = c.Today().String(), due.GetDue(), kind.GetReminders()
	return kind, plan(days)(ctx, c)
}

// checkGuest refuses an expert who was invited already, or who belongs to a unit that is studied.
func checkGuest(ctx context.Context, c *change, who guest) error {
	panel, err := db.New(c).ListPanel(ctx, c.Record.GetName())
	switch {
	case err != nil:
		return err
	case len(panel) >= maxExperts:
		return fault.Precondition(words.TooManyExperts(strconv.Itoa(maxExperts)))
	}
	var faults fault.Fields
	if isAnySubject(c.Record.GetSubjectUnits(), c.Beside[endedSubjects], who.line) {
		faults.Add("expert.unit", words.ExpertOfSubject())
	}
	for _, other := range panel {
		if other.State == declined.String() {
			continue
		}
		switch {
		case who.expert.GetOfficer() != "" && other.Officer == who.expert.GetOfficer():
			faults.Add("expert.officer", words.Duplicate(other.Officer))
		case other.Officer == "" && who.expert.GetOfficer() == "" &&
			other.ExpertName == who.expert.GetName() && other.Office == who.expert.GetOffice():
			faults.Add("expert.name", words.Duplicate(other.ExpertName))
		}
	}
	return faults.Err()
}

// tellExpert tells an expert by their account; the unit that studies knows what it has to tell others. Whoever else reads the
// inbox of the expert's unit is told neither whom the message is for nor what is studied.
func tellExpert(c *invitation, says words.Sentence) {
	if c.Record.GetExpert().GetOfficer() != "" {
		c.Tell(c.Record.GetExpert().GetUnit(), says)
	}
}
