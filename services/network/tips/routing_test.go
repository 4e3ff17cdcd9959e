package tips_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_TipGoesByTheTreeOfTheMoment sends tips right before and right after the tree changes. The clock stands: what was
// looked up before would be remembered for ever.
func TestC8_TipGoesByTheTreeOfTheMoment(t *testing.T) {
	t.Parallel()
	post := about(networktest.Township, false)
	post.Position = "党工委书记"
	for name, test := range map[string]struct {
		content       *networkv1.TipContent
		recipient     string
		change        func(context.Context, networkv1.TreeServiceClient) error
		before, after string
		concealed     string
	}{
		"split": {
			content: about(networktest.Village, false),
			change: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
				_, err := tree.SplitUnit(ctx, &networkv1.SplitUnitRequest{
					Name: networktest.Village, Reason: "分村。", Parts: []*networkv1.SplitPart{villagePart("east"), villagePart("west")},
				})
				return err
			},
			before: networktest.Township, after: networktest.Township, concealed: "units/east",
		},
		"merge of what handles it": {
			content: about(networktest.Village, false),
			change: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
				_, err := tree.MergeUnits(ctx, &networkv1.MergeUnitsRequest{
					Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: successor, Reason: "撤并。",
				})
				return err
			},
			before: networktest.Township, after: successor,
		},
		"move": {
			content: about(networktest.Village, false),
			change: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
				_, err := tree.MoveUnit(ctx, &networkv1.MoveUnitRequest{
					Name: networktest.Village, Parent: networktest.OtherTownship, Reason: "区划调整。",
				})
				return err
			},
			before: networktest.Township, after: networktest.OtherTownship,
		},
		"first responsible person named": {
			content: post, recipient: networktest.Township,
			change: func(ctx context.Context, tree networkv1.TreeServiceClient) error {
				_, err := tree.UpdateUnit(ctx, &networkv1.UpdateUnitRequest{
					Unit:       &networkv1.Unit{Name: networktest.Township, FirstResponsible: "党工委书记"},
					UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}}, Reason: "明确第一责任人。",
				})
				return err
			},
			before: networktest.Township, after: networktest.County, concealed: networktest.Township,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			send := func() string {
				_, err := networkv1.NewTipServiceClient(s.As("informant", nextVillage)).SubmitTip(t.Context(),
					&networkv1.SubmitTipRequest{Content: test.content, Recipient: test.recipient})
				require.NoError(t, err)
				return networktest.NewestTip(t, s)
			}
			require.Equal(t, test.before, handler(t, s, send()))
			require.NoError(t, test.change(t.Context(), networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City))))
			tip := send()
			assert.Equal(t, test.after, handler(t, s, tip))
			if test.concealed != "" {
				requireConcealed(t, s, test.concealed, tip)
			}
		})
	}
}

func TestC8_StaffEnterTipsByTheTreeOfTheMoment(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	req := registration()
	req.Unit, req.Content.Unit, req.Recipient = networktest.County, networktest.Village, networktest.Township
	before, err := clerk.RegisterTip(t.Context(), req)
	require.NoError(t, err)
	require.Equal(t, networktest.Township, before.GetHandlingUnit())
	merge(t, s, successor, networktest.Township)
	for _, recipient := range []string{networktest.Township, successor} {
		req.Recipient = recipient
		after, err := clerk.RegisterTip(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, successor, after.GetHandlingUnit())
	}
}

// handler is the unit that handles a tip, as the city reads it.
func handler(t *testing.T, s *suitetest.Suite, name string) string {
	t.Helper()
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.City)).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	return tip.GetHandlingUnit()
}

func villagePart(id string) *networkv1.SplitPart {
	return &networkv1.SplitPart{UnitId: id, Unit: &networkv1.Unit{
		Title: id, Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: 5,
	}}
}

// TestC8_TipsComeWhileUnitsMerge has tips come while units end: each lies with a unit that is there, none where one was.
func TestC8_TipsComeWhileUnitsMerge(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	stop, senders := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		senders.Go(func() {
			client := networkv1.NewTipServiceClient(s.As("informant", "units/340503009"))
			for {
				select {
				case <-stop:
					return
				default:
				}
				content := about(networktest.Village, false)
				content.Urgent = true
				_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content})
				assert.NoError(t, err)
			}
		})
	}
	for _, step := range [][2]string{
		{networktest.Township, "units/340503002"},
		{"units/340503002", "units/340503003"},
		{"units/340503003", "units/340503004"},
		{networktest.Village, nextVillage},
	} {
		merge(t, s, step[1], step[0])
	}
	close(stop)
	senders.Wait()
	lost := networktest.QueryTexts(t, networktest.Database(t, s), `SELECT handling_path::text || ' ' || unit_path::text
		FROM network.tips WHERE NOT handling_path <@ '340500.340503.340503004' OR NOT unit_path <@ '340500.340503.340503004'`)
	assert.Empty(t, lost)
}

// TestC8_TipsComeThroughoutAMerger holds a merger where stored tips follow, as many of them would, and sends another: nobody
// waits for the end, and it goes with those before it.
func TestC8_TipsComeThroughoutAMerger(t *testing.T) {
	t.Parallel()
	for name, planned := range map[string]bool{"today": false, "planned": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t, suitetest.With(func(c *suite.Config) { c.Server.Patience = 0 })) // as it ships
			send := func() {
				t.Helper()
				_, err := networkv1.NewTipServiceClient(s.As("informant", nextVillage)).SubmitTip(t.Context(),
					&networkv1.SubmitTipRequest{Content: about(networktest.Village, false)})
				require.NoError(t, err)
			}
			send()
			req := &networkv1.MergeUnitsRequest{
				Units: []*networkv1.MergedUnit{{Name: networktest.Township}}, Into: successor, Reason: "撤并。",
			}
			merge := func() {
				_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(), req)
				assert.NoError(t, err)
			}
			if planned {
				req.EffectiveFrom = s.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
				merge()
				s.Clock.Advance(24 * time.Hour)
				merge = func() { s.RunJob("network.follow_moves") }
			}
			held, err := networktest.Database(t, s).Begin(t.Context())
			require.NoError(t, err)
			_, err = held.Exec(t.Context(), "SELECT FROM network.tips FOR UPDATE")
			require.NoError(t, err)
			done := make(chan struct{})
			go func() {
				defer close(done)
				merge()
			}()
			watch := networktest.Database(t, s)
			require.Eventually(t, func() bool {
				return len(networktest.QueryTexts(t, watch, `SELECT pid::text FROM pg_locks JOIN pg_stat_activity USING (pid)
					WHERE locktype = 'transactionid' AND NOT granted AND datname = current_database()`)) > 0
			}, 20*time.Second, 10*time.Millisecond)
			send()
			require.NoError(t, held.Commit(t.Context()))
			<-done
			paths := networktest.QueryTexts(t, watch, "SELECT handling_path::text FROM network.tips")
			assert.Len(t, paths, 2)
			for _, path := range paths {
				assert.Contains(t, path, resource.ID(successor))
			}
		})
	}
}

// TestC8_LimitsAreThoseOfTheTreeOfTheMoment moves a township to a county with limits of its own.
func TestC8_LimitsAreThoseOfTheTreeOfTheMoment(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := s.As(access.Administrator, networktest.City)
	schemes := networkv1.NewSchemeServiceClient(admin)
	scheme, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	const county = "units/340504"
	scheme.Name, scheme.Unit, scheme.EffectiveFrom = "schemes/yushan", county, "2026-11-02"
	scheme.TipLimits.Accept.Days, scheme.TipLimits.UrgentTellsAbove = 1, 1
	scheme.TipLimits.UrgentTellsKinds, scheme.Delegations, scheme.Schedules = nil, nil, nil
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	send := func(urgent bool) *networkv1.Tip {
		content := about(networktest.Village, false)
		content.Urgent = urgent
		_, err := networkv1.NewTipServiceClient(s.As("informant", nextVillage)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: content})
		require.NoError(t, err)
		tip, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.City)).GetTip(t.Context(),
			&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
		require.NoError(t, err)
		return tip
	}
	before := send(false)
	_, err = networkv1.NewTreeServiceClient(admin).MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Township, Parent: county, Reason: "划转。",
	})
	require.NoError(t, err)
	after := send(true)
	assert.Less(t, after.GetAcceptBy().GetDue(), before.GetAcceptBy().GetDue())
	s.Clock.Advance(6 * time.Second) // beyond what any directory remembers
	assert.Equal(t, send(false).GetAcceptBy().GetDue(), after.GetAcceptBy().GetDue())
	assert.Equal(t, networktest.Township, after.GetHandlingUnit())
	assert.ElementsMatch(t, []string{resource.ID(networktest.Township), resource.ID(county)}, networktest.QueryTexts(t,
		networktest.Database(t, s), "SELECT unit_id FROM network.messages WHERE kind = 'inbox.urgent_tip' AND resource = $1",
		after.GetName()))
}

func TestC8_SenderHearsWhoGotTheTipInsteadOfTheNamedUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for _, test := range []struct {
		from         string
		aboutLeaders bool
		named, got   string
	}{
		{networktest.Village, false, networktest.Village, networktest.Township}, // who sends it serves there
		{networktest.Township, true, networktest.Village, networktest.Township},
		{networktest.Township, true, networktest.County, ""},
		{networktest.Township, true, "", ""},
	} {
		sent, err := networkv1.NewTipServiceClient(s.As("informant", test.from)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
			Content: about(networktest.Village, test.aboutLeaders), Recipient: test.named,
		})
		require.NoError(t, err)
		assert.Equal(t, test.got, sent.GetRecipient(), "%+v", test)
	}
}
