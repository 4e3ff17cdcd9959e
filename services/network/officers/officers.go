// Package officers keeps the appointed officers of the network (C3, C4, C6).
package officers

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves OfficerService.
type Server struct {
	networkv1.UnsafeOfficerServiceServer

	book      *record.Book
	directory access.Directory
}

// New makes the server.
func New(env service.Env) *Server { return &Server{book: env.Book, directory: env.Directory} }

// Register adds the RPCs to a server.
func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterOfficerServiceServer(r, s) }

// AppointOfficer appoints where a rule of the scheme allows it (C3).
func (s *Server) AppointOfficer(ctx context.Context, req *networkv1.AppointOfficerRequest) (*networkv1.AppointOfficerResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.AppointOfficerResponse, error) {
		appointer := access.Target(ctx)
		if err := access.Own(ctx, appointer.GetName()); err != nil {
			return nil, err
		}
		unit, err := access.LookUp(ctx, s.directory, "officer.unit", req.GetOfficer().GetUnit())
		if err != nil {
			return nil, err
		}
		held := &networkv1.Scheme{}
		if err := scheme.Effective(ctx, tx, access.Lineage(appointer), clock.Today(s.book.Clock), held); err != nil {
			return nil, err
		}
		if err := checkAppointment(held, req.GetOfficer(), appointer, unit); err != nil {
			return nil, err
		}
		officer, err := s.add(ctx, tx, req.GetOfficer(), unit)
		if err != nil {
			return nil, err
		}
		return &networkv1.AppointOfficerResponse{Officer: officer}, nil
	})
}

func (s *Server) add(ctx context.Context, tx *record.Tx, asked *networkv1.Officer, unit *networkv1.Unit) (*networkv1.Officer, error) {
	officer, key := &networkv1.Officer{
		Title: asked.GetTitle(), Unit: unit.GetName(), AppointingUnit: asked.GetAppointingUnit(), Type: asked.GetType(),
		Group: asked.GetGroup(), OtherRoles: asked.GetOtherRoles(), TermFrom: asked.GetTermFrom(), TermTo: asked.GetTermTo(),
		PledgedOn: asked.GetPledgedOn(),
	}, resource.NewKey()
	officer.Name = resource.Sharded(resource.Officers, unit.GetRegion(), key)
	body, err := document.Encode(officer)
	if err != nil {
		return nil, err
	}
	unitID, kind := resource.ID(unit.GetName()), int16(officer.GetType())
	p := db.AddOfficerParams{
		Region: unit.GetRegion(), OfficerKey: key, UnitID: &unitID, Type: &kind, UnitPath: access.Path(unit),
		CreateTime: s.book.Clock.Now(), Body: body,
	}
	p.TermFrom, p.TermTo = day(officer.GetTermFrom()), day(officer.GetTermTo())
	if err := db.New(tx).AddOfficer(ctx, p); err != nil {
		return nil, err
	}
	return officer, tx.Record(ctx, record.Entry{Resource: officer.GetName(), UnitPath: access.Path(unit)})
}

// day is a checked date as it stands in a column; none where it is empty.
func day(text string) *time.Time {
	date, err := calendar.ParseDate(text)
	if err != nil {
		return nil
	}
	at := date.In(time.UTC)
	return &at
}

// GetOfficer reads one officer.
func (s *Server) GetOfficer(ctx context.Context, req *networkv1.GetOfficerRequest) (*networkv1.GetOfficerResponse, error) {
	region, key, err := resource.Split(req.GetName())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.book).GetOfficer(ctx, db.GetOfficerParams{Region: region, OfficerKey: key})
	if err := document.Admit(ctx, err, row.UnitPath, req.GetName()); err != nil {
		return nil, err
	}
	officer, err := document.Decode[*networkv1.Officer](row.Body)
	if err != nil {
		return nil, err
	}
	return &networkv1.GetOfficerResponse{Officer: officer}, nil
}

// ListOfficers lists who serves in a subtree.
func (s *Server) ListOfficers(ctx context.Context, req *networkv1.ListOfficersRequest) (*networkv1.ListOfficersResponse, error) {
	size, after, err := page.Open[string](req)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.book).ListOfficers(ctx, db.ListOfficersParams{
		Subtree: access.Path(access.Target(ctx)), AfterKey: page.From(after, ""), PageSize: page.Limit(size),
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Cut(req, size, rows, func(r db.ListOfficersRow) string { return r.OfficerKey },
		func(r db.ListOfficersRow) int { return len(r.Body) })
	if err != nil {
		return nil, err
	}
	list, err := document.DecodeAll(rows, func(r db.ListOfficersRow) (*networkv1.Officer, error) {
		return document.Decode[*networkv1.Officer](r.Body)
	})
	return &networkv1.ListOfficersResponse{Officers: list, NextPageToken: next}, err
}

// checkAppointment holds an appointment against the scheme's rules: some rule must let units like the appointer appoint
// officers of this type for units like this one, which must lie within the appointer's subtree.
func checkAppointment(held *networkv1.Scheme, officer *networkv1.Officer, appointer, unit *networkv1.Unit) error {
	var faults fault.Fields
	checkTerm(&faults, officer)
	rule := appointmentRule(held, officer.GetType(), appointer, unit)
	if rule == nil {
		return fault.Precondition("WRONG_TIER", "appointer", appointer.GetName(), "unit", unit.GetName()).At("officer.unit")
	}
	if len(rule.GetGroups()) > 0 || officer.GetGroup() != "" {
		scheme.Known(&faults, "officer.group", officer.GetGroup(), rule.GetGroups())
	}
	return faults.Err()
}

func appointmentRule(
	held *networkv1.Scheme, officer networkv1.OfficerType, appointer, unit *networkv1.Unit,
) *networkv1.AppointmentRule {
	if !slices.Contains(access.Lineage(unit), resource.ID(appointer.GetName())) {
		return nil
	}
	for _, rule := range held.GetAppointmentRules() {
		if slices.Contains(rule.GetOfficerTypes(), officer) &&
			slices.Contains(rule.GetAppointerLevels(), appointer.GetLevel()) && anyOf(rule.GetAppointerKinds(), appointer.GetKind()) &&
			slices.Contains(rule.GetUnitLevels(), unit.GetLevel()) && anyOf(rule.GetUnitKinds(), unit.GetKind()) {
			return rule
		}
	}
	return nil
}

// anyOf tells whether a list holds a value; an empty list holds all.
func anyOf[E comparable](list []E, value E) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

func checkTerm(faults *fault.Fields, officer *networkv1.Officer) {
	from, err := calendar.ParseDate(officer.GetTermFrom())
	if err != nil {
		faults.Add("officer.term_from", "string.date")
	}
	if officer.GetTermTo() != "" {
		to, err := calendar.ParseDate(officer.GetTermTo())
		switch {
		case err != nil:
			faults.Add("officer.term_to", "string.date")
		case to.Before(from):
			faults.Add("officer.term_to", "after_term")
		}
	}
	if _, err := calendar.ParseDate(officer.GetPledgedOn()); officer.GetPledgedOn() != "" && err != nil {
		faults.Add("officer.pledged_on", "string.date")
	}
}
