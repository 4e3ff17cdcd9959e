// Package warnings issues warnings to units and follows each to its end: approval, notice, the steps of its form one after the
// other, and the rise of what is overdue (C11, C12b, T6, T7, H9).
package warnings

import (
	"context"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/circumstances"
)

// Server serves WarningService.
type Server struct {
	warningv1.UnsafeWarningServiceServer

	warnings      records
	supervised    records // the same, for whoever reaches the supervising unit as well
	directory     access.Directory
	calendar      calendar.Source
	circumstances circumstances.Source
	tail          *journal.Tail[*change]
}

type (
	records = collection.Collection[*warningv1.Warning]
	change  = collection.Change[*warningv1.Warning]
)

// Columns beside the body.
const (
	supervisingPath = "supervising_path"
	officeTitle     = "office_title"
	issuer          = "issuer"
	issuerPath      = "issuer_path"
	// Read alone: where the unit stands that acts for the issuer, and the paths that the table of addressees has.
	actingIssuer   = "acting_path(issuer_path)"
	addresseePaths = "addressee_paths(region, key)"
	// The case lead that the issuer opened of it; empty where there is none.
	caseLead = `CASE WHEN went_out THEN coalesce((
		SELECT 'caseLeads/' || l.region || '-' || l.key FROM case_leads l
		WHERE l.warning = 'warnings/' || warnings.region || '-' || warnings.key AND l.warning <> ''
		AND l.state <> 'CASE_LEAD_STATE_WITHDRAWN'), '') ELSE '' END`
)

// New makes the server.
func New(env service.Env) *Server {
	warnings := records{
		Store: env.Store, Table: "warnings", Life: Lifecycle, Open: open, Reach: reachesUnit, Newest: true,
		Beside:  []string{supervisingPath, officeTitle, issuer, issuerPath},
		Derived: []string{actingIssuer, addresseePaths, mutedNow, caseLead}, Show: show,
	}
	supervised := warnings
	supervised.Reach = reachesUnitOrSupervisor
	s := &Server{
		warnings: warnings, supervised: supervised, directory: access.Uncached(env.Directory), calendar: env.Calendar,
		circumstances: circumstances.From(env),
	}
	s.tail = newTail(env, &s.supervised)
	env.Followers.Add(s.handover().Follow)
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterWarningServiceServer(r, s) }

// GetWarning reads one warning, for whoever reaches the addressee, the issuer or the office that supervises.
func (s *Server) GetWarning(ctx context.Context, req *warningv1.GetWarningRequest) (*warningv1.Warning, error) {
	return s.supervised.Get(ctx, req.GetName())
}

// ListWarnings lists the warnings to, or supervised from, a subtree. One that never went out does not show to a unit below the
// root that would answer it.
func (s *Server) ListWarnings(ctx context.Context, req *warningv1.ListWarningsRequest) (*warningv1.ListWarningsResponse, error) {
	var faults fault.Fields
	err := schemes.CheckFilter(ctx, s.warnings.Store, &faults, "warning_levels", "warningLevels", req.GetWarningLevels()...)
	if err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.In("warning_level", req.GetWarningLevels()),
		collection.InEnum("awaited_kind", req.GetAwaitedKinds()),
		collection.Where("went_out OR strpos(addressee_paths(region, key) || ' ', ?::text) = 0", "."+callerID(ctx)+" "),
		to(ctx, req),
	}
	if req.GetObjected() {
		filters = append(filters, collection.Where("objection_on IS NOT NULL"))
	}
	if req.GetMuted() {
		filters = append(filters, collection.Where(mutedNow+" <> '' AND ended_on IS NULL"))
	}
	if req.GetOverdue() {
		filters = append(filters, collection.Where("awaited_on < ?", clock.Today(s.warnings.Store.Clock)))
	}
	if req.GetPeriod() != "" {
		from, before, err := figures.ParseTimeRange(req.GetPeriod())
		if err != nil {
			return nil, err
		}
		filters = append(filters, collection.Where("create_time >= ? AND create_time < ?", from, before))
	}
	list, next, err := s.warnings.List(ctx, req, filters...)
	return &warningv1.ListWarningsResponse{Warnings: list, NextPageToken: next}, err
}

// to keeps the warnings to a subtree or, where asked, those that its offices supervise or that its units issued.
func to(ctx context.Context, req *warningv1.ListWarningsRequest) collection.Filter {
	switch {
	case req.GetSupervised():
		return supervisedFrom(access.Path(access.Target(ctx)))
	case req.GetObjected():
		return collection.Under(issuerPath)
	}
	return collection.Wherever(
		"(region, key) IN (SELECT a.region, a.key FROM warning_addressees a WHERE a.unit_path <@ ?::ltree)",
		access.Path(access.Target(ctx)))
}

// supervisedFrom keeps the warnings that offices of a subtree supervise. Where an addressee stands at the office or above it, as
// it may since the tree has changed, the unit above that one does instead (partyPath): only what it is below has the warning.
func supervisedFrom(top string) collection.Filter {
	return collection.Wherever(`supervising_path <@ ?::ltree AND NOT EXISTS (
		SELECT FROM warning_addressees a CROSS JOIN LATERAL acting_path(a.unit_path) AS p (acting)
		WHERE a.region = warnings.region AND a.key = warnings.key AND nlevel(p.acting) > 1 AND p.acting @> ?::ltree)`, top, top)
}

// FindStanding finds a warning that another record names: one that went out, was not withdrawn, and that the caller's unit, or
// one it acts for, has issued. Otherwise it notes a fault and finds nil.
func FindStanding(
	ctx context.Context, tx *record.Tx, faults *fault.Fields, field, name string,
) (*warningv1.Warning, error) {
	issuedByCaller := collection.Collection[*warningv1.Warning]{
		Table: "warnings", Derived: []string{actingIssuer}, Reach: func(ctx context.Context, c *change) error {
			if access.LastPathID(c.Beside[actingIssuer]) != callerID(ctx) {
				return fault.NotFound(name)
			}
			return nil
		},
	}
	found, err := issuedByCaller.FindReached(ctx, tx, name)
	switch {
	case fault.IsNotFound(err):
		faults.Add(field, words.NotFound(name))
		return nil, nil //nolint:nilnil // the fault says so
	case err != nil:
		return nil, err
	case found.Record.GetState() != issued && found.Record.GetState() != closed:
		faults.Add(field, words.WarningNotStanding())
	}
	return found.Record, nil
}
