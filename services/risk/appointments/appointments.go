// Package appointments keeps how somebody comes into a position: nominated, found qualified, inspected, decided, judged in a
// poll, and then appointed (T15).
package appointments

import (
	"context"

	"google.golang.org/grpc"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/files"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// AskJob is the job that reminds units to have the inspected asked what they say of the inspectors.
const AskJob = "risk.remind_appointment_judges"

// Server serves AppointmentService.
type Server struct {
	riskv1.UnsafeAppointmentServiceServer

	appointments collection.Collection[*riskv1.Appointment]
	positions    *collection.Collection[*riskv1.Position]
	decisions    *collection.Collection[*riskv1.Decision]
	polls        *collection.Collection[*riskv1.Poll]
	deficiencies *deficiencies.Server
	asking       owed.Kind[*riskv1.Appointment] // the inspected what they say of the inspectors
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.Appointment]

// New makes the server. Noted are the deficiencies, among which what inspectors did wrong is kept.
func New(env service.Env, noted *deficiencies.Server) *Server {
	s := &Server{
		appointments: collection.Collection[*riskv1.Appointment]{
			Store: env.Store, Table: "appointments", Life: Lifecycle, Derived: []string{awaits}, Show: showAwaits,
		},
		positions: positions.Collection(env), decisions: decisions.Collection(env), polls: polls.Collection(env),
		deficiencies: noted, calendar: env.Calendar,
	}
	s.asking = asking(&s.appointments)
	env.Followers.Add(s.asking.Handover(awaitsFeedback))
	env.Queue.Add(s.asking.Job(AskJob, env.Calendar))
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterAppointmentServiceServer(r, s) }

// CreateAppointment enters a candidate.
func (s *Server) CreateAppointment(ctx context.Context, req *riskv1.CreateAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Create(ctx, req, req.GetAppointment(), collection.Own, s.check)
}

// GetAppointment reads one appointment.
func (s *Server) GetAppointment(ctx context.Context, req *riskv1.GetAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Get(ctx, req.GetName())
}

// ListAppointments lists the appointments of a subtree.
func (s *Server) ListAppointments(
	ctx context.Context, req *riskv1.ListAppointmentsRequest,
) (*riskv1.ListAppointmentsResponse, error) {
	var faults fault.Fields
	store := s.appointments.Store
	if err := schemes.CheckFilter(ctx, store, &faults, "kinds", "appointmentKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	list, next, err := s.appointments.List(ctx, req,
		collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates()), awaitsOneOf(req.GetAwaits()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(store.Clock)))
	return &riskv1.ListAppointmentsResponse{Appointments: list, NextPageToken: next}, err
}

// UpdateAppointment changes what is written of a candidate.
func (s *Server) UpdateAppointment(ctx context.Context, req *riskv1.UpdateAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Update(ctx, req, "appointment", req.GetAppointment(), s.check)
}

// RejectAppointment ends it without an appointment.
func (s *Server) RejectAppointment(ctx context.Context, req *riskv1.RejectAppointmentRequest) (*riskv1.Appointment, error) {
	return s.appointments.Act(ctx, req, rejectAct, func(_ context.Context, c *change) error {
		c.Record.RejectReason = req.GetReason()
		return nil
	}, s.over)
}

// CountAppointments counts by unit, kind and state, and those whose inspected are or were asked late.
func (s *Server) CountAppointments(
	ctx context.Context, _ *riskv1.CountAppointmentsRequest,
) (*riskv1.CountAppointmentsResponse, error) {
	rows, err := db.New(s.appointments.Store).CountAppointments(ctx, db.CountAppointmentsParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.appointments.Store.Clock),
	})
	counts := make([]*riskv1.AppointmentCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.AppointmentCount{
			Unit: resource.Name(resource.Units, r.UnitID), Kind: r.Kind,
			State: riskv1.AppointmentState(riskv1.AppointmentState_value[r.State]), Count: r.N,
			OverdueFeedbackCount: r.OverdueFeedback, LateFeedbackCount: r.LateFeedback,
		}
	}
	return &riskv1.CountAppointmentsResponse{Counts: counts}, err
}

// Owners are the appointments as owners of attachments, by the rules of the scheme in force for their unit.
func (s *Server) Owners() attachments.Owners { return files.Owners(s.appointments) }

// kindOf is the kind of an appointment, with the scheme that it goes by.
func kindOf(ctx context.Context, c *change) (*riskv1.AppointmentKind, *riskv1.Scheme, error) {
	scheme := &riskv1.Scheme{}
	err := schemes.Kept(ctx, c, &c.Record.SchemeVersion, scheme)
	kind, _ := schemes.Find(scheme.GetAppointmentKinds(), c.Record.GetKind())
	return kind, scheme, err
}
