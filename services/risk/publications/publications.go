// Package publications keeps what units make public of the register (J1, J6, T4, T12, T22). A publication freezes names and
// numbers of versions, which never change.
package publications

import (
	"context"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
)

// FilingJob is the job that reminds units to file what was public.
const FilingJob = "risk.remind_publication_filings"

// Server serves PublicationService.
type Server struct {
	riskv1.UnsafePublicationServiceServer

	publications *collection.Collection[*riskv1.Publication]
	calendar     calendar.Source
	filing       owed.Kind[*riskv1.Publication]
	renewal      owed.Kind[*riskv1.Publication]
	withdrawn    Rule
	units        networkv1.UnitServiceClient
	turn         chan struct{} // of who prints without an account
}

// Rule is what another resource does when a publication is withdrawn.
type Rule = collection.Rule[*riskv1.Publication]

type change = collection.Change[*riskv1.Publication]

// Change is a publication as the rules of other resources find it.
type Change = *change

// Collection is the publications, for the rules of other resources.
func Collection(env service.Env) *collection.Collection[*riskv1.Publication] {
	return &collection.Collection[*riskv1.Publication]{
		Store: env.Store, Table: "publications", Life: Lifecycle, Open: open, Reach: reach,
	}
}

// New makes the server and adds its jobs. The rule withdrawn takes part in every withdrawal.
func New(env service.Env, withdrawn Rule) *Server {
	s := &Server{
		publications: Collection(env), calendar: env.Calendar, withdrawn: withdrawn,
		units: networkv1.NewUnitServiceClient(env.Dial("network")), turn: make(chan struct{}, 1),
	}
	s.filing = owed.Filing(s.publications, func(made *riskv1.Publication) words.Title {
		return words.Title{ID: made.GetName(), Zh: made.GetTitle(), En: made.GetTitle()}
	}, nil)
	s.renewal = renewing(s.publications)
	env.Queue.Add(s.endJob(), s.filing.Job(FilingJob, env.Calendar), s.compareJob(), s.renewal.Job(RenewalJob, env.Calendar))
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterPublicationServiceServer(r, s) }

// reach lets everybody who reads the register read what is or was public.
func reach(ctx context.Context, c *change) error {
	switch c.Record.GetState() {
	case publicised, ended:
		access.MarkReached(ctx)
		return nil
	default:
		return access.Require(ctx, c.UnitPath, c.Record.GetName())
	}
}

// CreatePublication freezes what is in force in a unit and all below it.
func (s *Server) CreatePublication(ctx context.Context, req *riskv1.CreatePublicationRequest) (*riskv1.Publication, error) {
	return s.publications.Create(ctx, req, req.GetPublication(), collection.Own, freeze)
}

// GetPublication reads one publication.
func (s *Server) GetPublication(ctx context.Context, req *riskv1.GetPublicationRequest) (*riskv1.Publication, error) {
	return s.publications.Get(ctx, req.GetName())
}

// ListPublications lists the publications of a subtree, or what the units above have made public.
func (s *Server) ListPublications(
	ctx context.Context, req *riskv1.ListPublicationsRequest,
) (*riskv1.ListPublicationsResponse, error) {
	var faults fault.Fields
	store := s.publications.Store
	if err := schemes.CheckFilter(ctx, store, &faults, "kinds", "publicationKinds", req.GetKinds()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{collection.In("kind", req.GetKinds()), collection.InEnum("state", req.GetStates())}
	if req.GetUnfiled() {
		filters = append(filters, collection.Where("unfiled"))
	}
	if req.GetOutdated() {
		filters = append(filters, collection.Where("(outdated OR filed_outdated)"))
	}
	if req.GetAbove() {
		public := []riskv1.PublicationState{publicised, ended}
		filters = append(filters, collection.Above(), collection.InEnum("state", public))
	}
	list, next, err := s.publications.List(ctx, req, filters...)
	return &riskv1.ListPublicationsResponse{Publications: list, NextPageToken: next}, err
}

// KindOf is the kind of a publication in the scheme that it was made by.
func KindOf(ctx context.Context, c *change) (*riskv1.PublicationKind, error) {
	scheme := &riskv1.Scheme{}
	if err := schemes.ByVersion(ctx, c, c.Record.GetSchemeVersion(), scheme); err != nil {
		return nil, err
	}
	kind, _ := schemes.Find(scheme.GetPublicationKinds(), c.Record.GetKind())
	return kind, nil
}

// WasPublic tells whether a publication is public or was until it ended.
func WasPublic(made *riskv1.Publication) bool {
	return made.GetState() == publicised || made.GetState() == ended
}

// RequireWasPublic requires that a publication is public or was until it ended.
func RequireWasPublic(c Change) error {
	if WasPublic(c.Record) {
		return nil
	}
	return RequirePublic(c)
}

// RequirePublic requires that a publication is public. One that is not yet, or was withdrawn, is not found by the public.
func RequirePublic(c Change) error {
	switch c.Record.GetState() {
	case publicised:
		return nil
	case ended:
		return fault.Precondition(words.PublicityOver(c.Record.GetEndedOn()))
	default:
		return fault.NotFound(c.Record.GetName())
	}
}
