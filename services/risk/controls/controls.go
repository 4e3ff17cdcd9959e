// Package controls keeps what is done about risk points, by form, with an owner and a day, and whether it works (T8), and what
// leaders owe for themselves (T18).
package controls

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of controls: OpenJob opens the duties of leaders; RemindJob reminds units, JudgeJob
// those who are to look whether a control works.
const (
	OpenJob   = "risk.open_duties"
	RemindJob = "risk.remind_controls"
	JudgeJob  = "risk.remind_control_judges"
)

const openEvery = time.Hour

// Server serves ControlService.
type Server struct {
	riskv1.UnsafeControlServiceServer

	controls  *collection.Collection[*riskv1.Control]
	points    *collection.Collection[*riskv1.RiskPoint]
	positions *collection.Collection[*riskv1.Position]
	owed      owed.Kind[*riskv1.Control]
	judging   owed.Kind[*riskv1.Control]
	owner     owed.Owner[*riskv1.Control]
	calendar  calendar.Source
}

type change = collection.Change[*riskv1.Control]

// Collection is the controls, for what shows them elsewhere.
func Collection(env service.Env) *collection.Collection[*riskv1.Control] {
	return &collection.Collection[*riskv1.Control]{
		Store: env.Store, Table: "controls", Life: Lifecycle, Derived: []string{owed.OwnerActing},
	}
}

// New makes the server and adds the job that reminds.
func New(env service.Env) *Server {
	s := &Server{
		controls: Collection(env), points: riskpoints.Collection(env), positions: positions.Collection(env),
		calendar: env.Calendar,
	}
	s.owner = owed.Owner[*riskv1.Control]{
		Of: (*riskv1.Control).GetOwner, Acting: owed.OwnerActing, Title: called, DueOn: (*riskv1.Control).GetDueOn,
	}
	s.owed = owed.Kind[*riskv1.Control]{
		Records: s.controls, Owner: &s.owner, Owed: "state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED')",
		Reminders: (*riskv1.Scheme).GetControlReminders,
		Due:       func(c *riskv1.Control) words.Sentence { return words.InboxControlDue(called(c), c.GetDueOn()) },
		Overdue:   func(c *riskv1.Control) words.Sentence { return words.InboxControlOverdue(called(c), c.GetDueOn()) },
		OverdueBelow: func(c *riskv1.Control) words.Sentence {
			return words.InboxControlOverdueBelow(c.GetUnit(), called(c), c.GetDueOn())
		},
		OverdueSum: words.InboxControlOverdueSum,
		Matters:    owed.Several("防控措施或者领导职责", "controls and duties of leaders"), Called: called,
	}
	s.judging = owed.Judging(s.controls, title, checkedBy)
	s.judging.Ask = owed.AskIn(saysDone)
	env.Followers.Add(s.judging.Handover("state = 'CONTROL_STATE_DONE'"))
	env.Queue.Add(jobs.Job{Name: OpenJob, Every: openEvery, Run: s.OpenDuties}, s.owed.Job(RemindJob, env.Calendar),
		s.judging.Job(JudgeJob, env.Calendar))
	return s
}

// title is what messages call a control.
func title(c *riskv1.Control) words.Title {
	if c.GetDuty() != "" { // each of several leaders owes it
		called, by := schemes.TitleOf(c.GetDuty(), c.GetDutyTitle()), c.GetOwner().GetTitle()
		return words.Title{ID: called.ID, Zh: called.Zh + "（" + by + "）", En: called.En + " (" + by + ")"}
	}
	called := words.Title{ID: c.GetName(), Zh: riskpoints.Beginning(c.GetMeasure()), En: riskpoints.Beginning(c.GetMeasure())}
	if against := c.GetRiskPointTitle(); against != "" { // the same is planned against many
		called.Zh, called.En = called.Zh+"（风险点："+against+"）", called.En+" (against: "+against+")"
	}
	return called
}

// saysDone asks who is to look whether a control works.
func saysDone(c *riskv1.Control) words.Sentence {
	return owed.By(c.GetJudging(), func(day string) words.Sentence {
		return words.InboxControlDone(c.GetUnit(), called(c), day)
	}, words.InboxControlDoneUnlimited(c.GetUnit(), called(c)))
}

// called is what messages about a control call it, with what it is: a duty of a leader (T18) is no control of a risk.
func called(c *riskv1.Control) words.Title {
	of := title(c)
	if c.GetDuty() != "" {
		return words.Quoted(of.ID, "领导职责", "duty", of)
	}
	return words.Quoted(of.ID, "防控措施", "control", of)
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterControlServiceServer(r, s) }

// CreateControl plans a control.
func (s *Server) CreateControl(ctx context.Context, req *riskv1.CreateControlRequest) (*riskv1.Control, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.controls.Create(ctx, req, req.GetControl(), collection.Own, s.check, s.owed.Plan(days), s.owner.Asked)
}

// GetControl reads one control.
func (s *Server) GetControl(ctx context.Context, req *riskv1.GetControlRequest) (*riskv1.Control, error) {
	return s.controls.Get(ctx, req.GetName())
}

// ListControls lists the controls of a subtree.
func (s *Server) ListControls(ctx context.Context, req *riskv1.ListControlsRequest) (*riskv1.ListControlsResponse, error) {
	if err := s.checkFilters(ctx, req); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.In("grade", req.GetGrades()),
		collection.In("form", req.GetForms()), collection.In("duty", req.GetDuties()),
		collection.WhereSet("risk_point = ?", req.GetRiskPoint()),
		collection.WhereSet("owner_position = ?", req.GetOwnerPosition()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(s.controls.Store.Clock)),
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where(
			"state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED') AND due_on < ?", clock.Today(s.controls.Store.Clock)))
	}
	if req.GetPositionEnded() {
		filters = append(filters, collection.Where("state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED')"),
			positions.OfEnded(ctx, "owner_position"))
	}
	list, next, err := s.controls.List(ctx, req, filters...)
	return &riskv1.ListControlsResponse{Controls: list, NextPageToken: next}, err
}

// checkFilters refuses to filter by terms that no scheme has, and by records that the caller does not reach.
func (s *Server) checkFilters(ctx context.Context, req *riskv1.ListControlsRequest) error {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.controls.Store, &faults, "grades", "grades", req.GetGrades()...); err != nil {
		return err
	}
	if err := schemes.CheckFilter(ctx, s.controls.Store, &faults, "forms", "controlForms", req.GetForms()...); err != nil {
		return err
	}
	if err := schemes.CheckFilter(ctx, s.controls.Store, &faults, "duties", "leaderDuties", req.GetDuties()...); err != nil {
		return err
	}
	if err := s.points.CheckFilter(ctx, &faults, "risk_point", req.GetRiskPoint()); err != nil {
		return err
	}
	if err := s.positions.CheckFilter(ctx, &faults, "owner_position", req.GetOwnerPosition()); err != nil {
		return err
	}
	return faults.Err()
}

// UpdateControl changes what is planned.
func (s *Server) UpdateControl(ctx context.Context, req *riskv1.UpdateControlRequest) (*riskv1.Control, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.controls.Update(ctx, req, "control", req.GetControl(), refuseDuty, s.checkChange, s.owed.Plan(days), s.owner.Asked)
}

// CountControls counts by unit, grade, duty and state, and what is overdue.
func (s *Server) CountControls(ctx context.Context, _ *riskv1.CountControlsRequest) (*riskv1.CountControlsResponse, error) {
	rows, err := db.New(s.controls.Store).CountControls(ctx, db.CountControlsParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.controls.Store.Clock),
		Owed: document.EnumNames([]riskv1.ControlState{planned, returned}),
	})
	counts := make([]*riskv1.ControlCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.ControlCount{
			Unit: resource.Name(resource.Units, r.UnitID), Grade: r.Grade, Duty: r.Duty,
			State: riskv1.ControlState(riskv1.ControlState_value[r.State]), Count: r.Controls, OverdueCount: r.Overdue,
		}
	}
	return &riskv1.CountControlsResponse{Counts: counts}, err
}

// Owners are the controls as owners of attachments, by the rules of the scheme in force for their unit. The unit attaches what
// shows what it did, and who checks that what shows whether it works.
func (s *Server) Owners() attachments.Owners {
	return files.Owners(*s.controls,
		files.ByBoth(Lifecycle, completeAct, done, files.OfUnit[*riskv1.Control], s.requireOther))
}
