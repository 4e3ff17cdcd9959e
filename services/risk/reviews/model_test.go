package reviews_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	county   = "units/340503"
	township = "units/340503001"

	draft     = riskv1.RegisterState_REGISTER_STATE_DRAFT
	submitted = riskv1.RegisterState_REGISTER_STATE_SUBMITTED
	returned  = riskv1.RegisterState_REGISTER_STATE_RETURNED
	inForce   = riskv1.RegisterState_REGISTER_STATE_IN_FORCE
	ended     = riskv1.RegisterState_REGISTER_STATE_ENDED
)

// model is a power item as it should be.
type model struct {
	name, position string
	state          riskv1.RegisterState
	written, force string // titles; force is empty where nothing is in force
	version        int32
	ends           bool              // what is proposed
	back           string            // the title that was sent back last; empty where none was
	backEnds       bool              // what was proposed of it
	catalogue      map[string]string // the title in force by day
}

// machine does acts to a power item and to its model.
type machine struct {
	*suitetest.Suite

	positions       riskv1.PositionServiceClient
	clerk, reviewer riskv1.PowerItemServiceClient
}

// Whatever is done in whatever order: what is refused changes nothing, only what a reviewer has approved is ever in force, and
// what was in force on a day stays so.
func TestT12_OnlyWhatWasApprovedIsInForce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	m := machine{
		Suite: s, positions: riskv1.NewPositionServiceClient(s.As("clerk", township)),
		clerk: riskv1.NewPowerItemServiceClient(s.As("clerk", township)), reviewer: riskv1.NewPowerItemServiceClient(s.As("reviewer", county)),
	}
	rapid.Check(t, func(rt *rapid.T) {
		item := m.begin(t)
		for range rapid.IntRange(1, 15).Draw(rt, "acts") {
			act := rapid.SampledFrom([]func(context.Context, *rapid.T, *model) (bool, error){
				m.update, m.submit, m.submit, m.sendBack, m.approve, m.approve, m.discard, m.tomorrow,
			}).Draw(rt, "act")
			if allowed, err := act(t.Context(), rt, item); allowed != (err == nil) {
				rt.Fatalf("%+v: %v", item, err)
			}
			item.catalogue[clock.Today(m.Clock).String()] = item.force
			m.compare(t.Context(), rt, item)
		}
	})
}

func (m machine) begin(t *testing.T) *model {
	t.Helper()
	position, err := m.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
		Position: &riskv1.Position{Unit: township, Title: "审批岗", Rank: "staff"},
	})
	require.NoError(t, err)
	item, err := m.clerk.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: &riskv1.PowerItem{
		Unit: township, Kind: "power", Title: "甲", LegalBasis: "条例", Positions: []string{position.GetName()},
		Steps: []*riskv1.Step{{Id: "decide", Title: "审批"}},
	}})
	require.NoError(t, err)
	return &model{
		name: item.GetName(), position: position.GetName(), state: draft, written: "甲",
		catalogue: map[string]string{clock.Today(m.Clock).String(): ""},
	}
}

func (p *model) writable() bool { return p.state == draft || p.state == returned || p.state == inForce }

func (m machine) update(ctx context.Context, t *rapid.T, p *model) (bool, error) {
	title := rapid.SampledFrom([]string{"甲", "乙"}).Draw(t, "title")
	_, err := m.clerk.UpdatePowerItem(ctx, &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: p.name, Title: title}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
	allowed := p.writable()
	if allowed {
		p.written = title
		if p.state == inForce {
			p.state = draft
		}
	}
	return allowed, err
}

func (m machine) submit(ctx context.Context, t *rapid.T, p *model) (bool, error) {
	proposal := rapid.SampledFrom([]riskv1.Proposal{riskv1.Proposal_PROPOSAL_ENTER, riskv1.Proposal_PROPOSAL_END}).Draw(t, "proposal")
	_, err := m.clerk.SubmitPowerItem(ctx, &riskv1.SubmitPowerItemRequest{Name: p.name, Proposal: proposal, Reason: "清理"})
	ends := proposal == riskv1.Proposal_PROPOSAL_END
	again := p.back == p.written && (!ends || p.backEnds)
	allowed := p.writable() && (ends == (p.force == p.written)) && !again
	if allowed {
		p.state, p.ends = submitted, ends
	}
	return allowed, err
}

func (m machine) sendBack(ctx context.Context, _ *rapid.T, p *model) (bool, error) {
	_, err := m.reviewer.ReturnPowerItem(ctx, &riskv1.ReturnPowerItemRequest{Name: p.name, Reason: "重填"})
	allowed := p.state == submitted
	if allowed {
		p.state, p.back, p.backEnds = returned, p.written, p.ends
	}
	return allowed, err
}

func (m machine) approve(ctx context.Context, t *rapid.T, p *model) (bool, error) {
	read, err := m.reviewer.GetPowerItem(ctx, &riskv1.GetPowerItemRequest{Name: p.name})
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.reviewer.ApprovePowerItem(ctx, &riskv1.ApprovePowerItemRequest{
		Name: p.name, ContentSha256: read.GetStanding().GetContentSha256(),
	})
	allowed := p.state == submitted
	switch {
	case allowed && p.ends:
		p.state, p.force = ended, ""
	case allowed:
		p.state, p.force, p.version, p.back = inForce, p.written, p.version+1, ""
	}
	return allowed, err
}

func (m machine) discard(ctx context.Context, _ *rapid.T, p *model) (bool, error) {
	_, err := m.clerk.DiscardPowerItemDraft(ctx, &riskv1.DiscardPowerItemDraftRequest{Name: p.name})
	allowed := p.state == draft || p.state == returned
	switch {
	case allowed && p.force == "":
		p.state = ended
	case allowed:
		p.state, p.written, p.back = inForce, p.force, ""
	}
	return allowed, err
}

func (m machine) tomorrow(context.Context, *rapid.T, *model) (bool, error) {
	m.Clock.Advance(24 * time.Hour)
	return true, nil
}

// compare reads a power item and every day's catalogue of it.
func (m machine) compare(ctx context.Context, t *rapid.T, p *model) {
	item, err := m.reviewer.GetPowerItem(ctx, &riskv1.GetPowerItemRequest{Name: p.name})
	if err != nil || item.GetState() != p.state || item.GetTitle() != p.written || item.GetStanding().GetVersion() != p.version {
		t.Fatalf("%+v is %v: %v", p, item, err)
	}
	for day, title := range p.catalogue {
		listed, err := m.reviewer.ListPowerItems(ctx, &riskv1.ListPowerItemsRequest{Unit: county, AsOf: day, Position: p.position})
		if err != nil {
			t.Fatal(err)
		}
		found := listed.GetPowerItems()
		if title == "" && len(found) == 0 || len(found) == 1 && found[0].GetTitle() == title {
			continue
		}
		t.Fatalf("on %s %v was in force: %+v", day, found, p)
	}
}
