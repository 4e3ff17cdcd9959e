package publications

import (
	"context"
	"slices"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// ListOpenPublications lists what anybody may read of a unit (J6, T12, T22).
func (s *Server) ListOpenPublications(
	ctx context.Context, req *riskv1.ListOpenPublicationsRequest,
) (*riskv1.ListOpenPublicationsResponse, error) {
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.publications.Store.Afresh()).OpenPublications(ctx, db.OpenPublicationsParams{
		UnitID: resource.ID(req.GetUnit()), Today: clock.Today(s.publications.Store.Clock),
		Before: p.Cursor, Size: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.OpenPublicationsRow) string { return r.Key },
		func(r db.OpenPublicationsRow) (*riskv1.OpenPublication, error) {
			made, err := document.Decode[*riskv1.Publication](r.Body)
			shown := asOpen(made)
			shown.Text = ""
			return shown, err
		})
	return &riskv1.ListOpenPublicationsResponse{Publications: list, NextPageToken: next}, err
}

// asOpen is what anybody reads of a publication.
func asOpen(made *riskv1.Publication) *riskv1.OpenPublication {
	return &riskv1.OpenPublication{
		Name: made.GetName(), Unit: made.GetUnit(), Kind: made.GetKind(), Title: made.GetTitle(), Text: made.GetText(),
		Register: made.GetRegister(), EntryCount: made.GetEntryCount(), EntriesSha256: made.GetEntriesSha256(),
		AsOf: made.GetAsOf(), PublicFrom: made.GetPublicFrom(), PublicUntil: made.GetPublicUntil().GetDue(),
	}
}

// ReadPublication reads one publication that anybody may read.
func (s *Server) ReadPublication(ctx context.Context, req *riskv1.ReadPublicationRequest) (*riskv1.OpenPublication, error) {
	found, err := s.findOpen(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	return asOpen(found.Record), nil
}

// findOpen finds a publication that anybody may read; any other is not there for who asks.
func (s *Server) findOpen(ctx context.Context, name string) (*change, error) {
	found, err := s.publications.Look(ctx, name)
	if err == nil && !isOpen(found.Record, clock.Today(s.publications.Store.Clock)) {
		err = fault.NotFound(name)
	}
	return found, err
}

// isOpen tells whether anybody may read a publication on a day: up to its last one, though it may end later.
func isOpen(made *riskv1.Publication, today calendar.Date) bool {
	until := made.GetPublicUntil().GetDue()
	return made.GetOpen() && made.GetState() == publicised && (until == "" || today.String() <= until)
}

// ReadPublicationEntries lists what a publication says that anybody may read.
func (s *Server) ReadPublicationEntries(
	ctx context.Context, req *riskv1.ReadPublicationEntriesRequest,
) (*riskv1.ReadPublicationEntriesResponse, error) {
	found, err := s.findOpen(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	list, next, err := s.entries(ctx, found, req, withoutPersons)
	return &riskv1.ReadPublicationEntriesResponse{Entries: list, NextPageToken: next}, err
}

// withoutPersons leaves of who owns a risk point the position alone: the register is read by the public, people are not.
func withoutPersons(entry *riskv1.PublicationEntry) {
	if owner := entry.GetRiskPoint().GetOwner(); owner != nil {
		owner.Person = ""
	}
}

// DrawPublicationEntry draws the workflow of a power item that a publication shows to anybody (J1, T12), with its positions as
// they were called then.
func (s *Server) DrawPublicationEntry(ctx context.Context, req *riskv1.DrawPublicationEntryRequest) (*httpbody.HttpBody, error) {
	found, err := s.findOpen(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	collection := registers[found.Record.GetRegister()].collection
	region, key, err := resource.Split(req.GetEntry())
	if err != nil || req.GetEntry() != resource.Sharded(collection, region, key) {
		return nil, fault.NotFound(req.GetEntry())
	}
	if !slices.Contains(found.Record.GetFields(), "steps") {
		return nil, fault.Precondition(words.ShowsNoSteps(found.Record.GetTitle()))
	}
	row, err := db.New(s.publications.Store).EntryOf(ctx, db.EntryOfParams{
		Collection: collection, Region: found.Region, Key: found.Key, EntryRegion: region, EntryKey: key,
	})
	if err != nil {
		return nil, document.NotFoundAs(err, req.GetEntry())
	}
	item, err := document.Decode[*riskv1.PowerItem](row.Body)
	if err != nil {
		return nil, err
	}
	return powers.Drawing(ctx, item, titledAs(item.GetPositions(), row.PositionTitles)), nil
}
