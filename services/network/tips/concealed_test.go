package tips_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// merge makes units one with another today, which is a new point of the county where it is not there.
func merge(t *testing.T, s *suitetest.Suite, into string, ended ...string) {
	t.Helper()
	req := &networkv1.MergeUnitsRequest{Into: into, Reason: "区划调整。"}
	if into == newUnit {
		req.Into, req.NewUnitId = "", "newunit"
		req.NewUnit = &networkv1.Unit{
			Title: "新街道", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: 4, Parent: "units/340503",
		}
	}
	for _, name := range ended {
		req.Units = append(req.Units, &networkv1.MergedUnit{Name: name})
	}
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(), req)
	require.NoError(t, err)
}

const newUnit = "units/newunit"

// about is a tip about a unit, or about its leaders.
func about(unit string, leaders bool) *networkv1.TipContent {
	content := networktest.ValidTip()
	content.Unit, content.AboutLeaders = unit, leaders
	return content
}

// handledBy sends a tip to a unit and finds it there.
func handledBy(t *testing.T, s *suitetest.Suite, unit string, content *networkv1.TipContent) (name, receipt string) {
	t.Helper()
	sent, err := networkv1.NewTipServiceClient(s.As("informant", "units/340503009")).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Recipient: unit, Content: content})
	require.NoError(t, err)
	name = networktest.NewestTip(t, s)
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	require.Equal(t, unit, tip.GetHandlingUnit())
	return name, sent.GetReceipt()
}

func refer(t *testing.T, by grpc.ClientConnInterface, name, to string, recused bool) {
	t.Helper()
	_, err := networkv1.NewTipServiceClient(by).ReferTip(t.Context(),
		&networkv1.ReferTipRequest{Name: name, ToUnit: to, Reason: "另行办理。", Recused: recused})
	require.NoError(t, err)
}

// requireConcealed checks that a tip is in nothing that a unit reads of what it handles.
func requireConcealed(t *testing.T, s *suitetest.Suite, unit, name string) {
	t.Helper()
	client := networkv1.NewTipServiceClient(s.As("clerk", unit))
	_, err := client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	listed, err := client.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: unit})
	require.NoError(t, err)
	for _, tip := range listed.GetTips() {
		assert.NotEqual(t, name, tip.GetName())
		similar, err := client.ListSimilarTips(t.Context(), &networkv1.ListSimilarTipsRequest{Name: tip.GetName()})
		require.NoError(t, err)
		for _, like := range similar.GetTips() {
			assert.NotEqual(t, name, like.GetTip().GetName())
		}
	}
	counted, err := client.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: unit, Period: "2026-11"})
	require.NoError(t, err)
	var received int64
	for _, c := range counted.GetCounts() {
		received += c.GetReceived()
	}
	assert.EqualValues(t, len(listed.GetTips()), received)
}

func TestC8_RecusedSuccessorDoesNotGetTheTip(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county := "units/340503"
	handledBy(t, s, county, about("units/340503001", false)) // one that it may see, and that is like the other
	name, _ := handledBy(t, s, county, about("units/340503001", false))
	refer(t, s.As("clerk", county), name, suitetest.City, true)
	refer(t, s.As("handler", suitetest.City), name, "units/340504", false)
	merge(t, s, county, "units/340504")
	requireConcealed(t, s, county, name)
}

func TestC8_CountsLeaveOutTipsAboutOwnLeaders(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county, unit := "units/340503", "units/340503004"
	name, _ := handledBy(t, s, county, about(unit, true))
	refer(t, s.As("clerk", county), name, "units/340503005", false)
	merge(t, s, unit, "units/340503005")
	requireConcealed(t, s, unit, name)
	counted, err := networkv1.NewTipServiceClient(s.As("clerk", county)).CountTips(t.Context(),
		&networkv1.CountTipsRequest{Unit: unit, Period: "2026-11"})
	require.NoError(t, err)
	assert.Len(t, counted.GetCounts(), 1, "those above it are")
}

func TestC8_SuccessorDoesNotSeeTipsAboutPredecessorsLeaders(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county, unit := "units/340503", "units/340503004"
	admin := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City))
	name, _ := handledBy(t, s, county, about(unit, true))
	refer(t, s.As("clerk", county), name, "units/340503005", false)
	merge(t, s, newUnit, unit, "units/340503005")
	requireConcealed(t, s, newUnit, name)

	_, err := admin.SplitUnit(t.Context(), &networkv1.SplitUnitRequest{
		Name: newUnit, Reason: "区划调整。", EffectiveFrom: "2026-11-03",
		Parts: []*networkv1.SplitPart{part("parta", "甲街道", children(t, s, newUnit)...), part("partb", "乙街道")},
	})
	require.NoError(t, err)
	s.Clock.Advance(48 * time.Hour)
	s.RunJob("network.follow_moves")
	for _, successor := range []string{"units/parta", "units/partb"} {
		requireConcealed(t, s, successor, name)
	}
	clerk := networkv1.NewTipServiceClient(s.As("clerk", county))
	_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err, "those above them still do")

	second, _ := handledBy(t, s, county, about("units/340503001", true))
	merge(t, s, county, "units/340503001")
	_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: second})
	require.NoError(t, err, "a unit above does not become the one it takes over")
	third, _ := handledBy(t, s, county, about("units/340503002", true))
	merge(t, s, "units/340503003", "units/340503002")
	_, err = clerk.ReferTip(t.Context(), &networkv1.ReferTipRequest{Name: third, ToUnit: "units/340503003", Reason: "请办理。"})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
	_, err = clerk.MarkTipUrgent(t.Context(), &networkv1.MarkTipUrgentRequest{Name: third, Reason: "紧急。"})
	require.NoError(t, err)
	assert.NotContains(t, told(t, s, "inbox.urgent_tip"), "units/340503003")
}

func children(t *testing.T, s *suitetest.Suite, unit string) (names []string) {
	t.Helper()
	below, err := networkv1.NewUnitServiceClient(s.As("clerk", unit)).ListUnits(t.Context(),
		&networkv1.ListUnitsRequest{Unit: unit, PageSize: 100})
	require.NoError(t, err)
	for _, u := range below.GetUnits() {
		if u.GetParent() == unit {
			names = append(names, u.GetName())
		}
	}
	return names
}

func part(id, title string, children ...string) *networkv1.SplitPart {
	return &networkv1.SplitPart{UnitId: id, Children: children, Unit: &networkv1.Unit{
		Title: title, Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: 4, Parent: "units/340503",
	}}
}

func TestC8_TipOfAnEndedUnitIsReferredAndMarkedUrgent(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county, handler := "units/340503", "units/340503002"
	name, _ := handledBy(t, s, handler, about(handler, false))
	merge(t, s, "units/340503003", handler)
	successor := s.As("clerk", "units/340503003")
	_, err := networkv1.NewTipServiceClient(successor).MarkTipUrgent(t.Context(), &networkv1.MarkTipUrgentRequest{
		Name: name, Reason: "紧急。",
	})
	require.NoError(t, err)
	assert.Contains(t, told(t, s, "inbox.urgent_tip"), "units/340503003")
	refer(t, successor, name, county, false)
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", county)).GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, county, tip.GetHandlingUnit())
	assert.Equal(t, "units/340503003", tip.GetReferrals()[0].GetFromUnit())
}

func TestH8_TipAboutAnEndedUnitIsResubmitted(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	unit := "units/340503002"
	name, receipt := handledBy(t, s, unit, about(unit, false))
	_, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).ReturnTip(t.Context(),
		&networkv1.ReturnTipRequest{Name: name, Criteria: []string{"specific"}, Reason: "请写明时间。"})
	require.NoError(t, err)
	merge(t, s, "units/340503003", unit)
	client := networkv1.NewTipServiceClient(s.Unauthenticated())
	faulty := about(unit, false)
	faulty.SubjectArea = "gossip"
	_, err = client.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: faulty})
	networktest.Refused(t, err, codes.InvalidArgument, "content.subject_area")
	urgent := about(unit, false)
	urgent.Urgent = true
	_, err = client.ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{Receipt: receipt, Content: urgent})
	require.NoError(t, err)
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", "units/340503003")).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	assert.NotEmpty(t, tip.GetAcceptBy().GetDue(), "its time limit is that of the unit that has it now")
	assert.Contains(t, told(t, s, "inbox.urgent_tip"), "units/340503003")
}

func TestC8_TipGoesToWhoActsForTheUnitNamed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	merge(t, s, networktest.OtherTownship, networktest.Township)
	resp, err := networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Content: networktest.ValidTip(), Recipient: networktest.Township})
	require.NoError(t, err)
	assert.Equal(t, networktest.OtherTownship, resp.GetRecipient())
}

// TestC8_SkippedUnitNeverGetsTheTip passes on what was not sent to the unit concerned. Whoever sent it, the answers are the same:
// they would tell who serves there.
func TestC8_SkippedUnitNeverGetsTheTip(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	county, unit := "units/340503", "units/340503004"
	clerk := s.As("clerk", county)
	for _, sender := range []string{unit, "units/340503009"} {
		_, err := networkv1.NewTipServiceClient(s.As("informant", sender)).SubmitTip(t.Context(),
			&networkv1.SubmitTipRequest{Content: about(unit, false)})
		require.NoError(t, err)
		tip, err := networkv1.NewTipServiceClient(clerk).GetTip(t.Context(),
			&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
		require.NoError(t, err)
		assert.Equal(t, county, tip.GetFirstUnit())
		for _, to := range []string{unit, children(t, s, unit)[0]} {
			_, err = networkv1.NewTipServiceClient(clerk).ReferTip(t.Context(),
				&networkv1.ReferTipRequest{Name: tip.GetName(), ToUnit: to, Reason: "请办理。"})
			networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
		}
		refer(t, clerk, tip.GetName(), "units/340503005", false)
	}
	sentThere, _ := handledBy(t, s, unit, about(unit, false))
	refer(t, s.As("clerk", unit), sentThere, children(t, s, unit)[0], false)
	merge(t, s, "units/340503005", unit)
	listed, err := networkv1.NewTipServiceClient(s.As("clerk", county)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: county})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 3)
	for _, tip := range listed.GetTips() {
		if tip.GetName() != sentThere {
			requireConcealed(t, s, "units/340503005", tip.GetName())
		}
	}
	client := networkv1.NewTipServiceClient(s.As("clerk", "units/340503005"))
	_, err = client.GetTip(t.Context(), &networkv1.GetTipRequest{Name: sentThere})
	require.NoError(t, err, "what was sent to the unit concerned it goes on reading")
}

func TestC8_UrgentTipIsStoredWhileUnitsAboveEnd(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	handledBy(t, s, "units/340504001", about("units/340504001", false)) // whoever takes it in remembers it for a while
	merge(t, s, "units/340503", "units/340504")
	urgent := about("units/340504001", false)
	urgent.Urgent = true
	_, err := networkv1.NewTipServiceClient(s.As("informant", "units/340503009")).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Recipient: "units/340504001", Content: urgent})
	require.NoError(t, err)
	assert.Equal(t, []string{networktest.City, "units/340503", "units/340504001"}, told(t, s, "inbox.urgent_tip"))
}

func TestC8_HandlerKeepsReadingTipsOfAMergedUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name, _ := handledBy(t, s, networktest.County, about(networktest.Township, false))
	trees := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City))
	_, err := trees.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
		Name: networktest.Township, Parent: "units/340504", Reason: "划转",
	})
	require.NoError(t, err)
	_, err = trees.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{
		Name: networktest.Township, ChildrenTo: networktest.County, Reason: "撤销",
	})
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.County))
	_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(t, err, "it stood above the township when it took the tip")
	listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.County})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 1)
}

// What a unit was told of a tip ends where it becomes what the unit that the tip is about becomes too, in whichever order they merge.
func TestH4_MessagesOfATipDontFollowToWhomItIsAbout(t *testing.T) {
	t.Parallel()
	const subject, handler = "units/340503004", "units/340503005"
	for _, order := range [][]string{{subject, handler}, {handler, subject}} {
		s := suitetest.New(t)
		urgent := about(subject, true)
		urgent.Urgent = true
		name, _ := handledBy(t, s, networktest.County, urgent)
		refer(t, s.As("clerk", networktest.County), name, handler, false)
		other, _ := handledBy(t, s, handler, func() *networkv1.TipContent {
			content := about(handler, false)
			content.Urgent = true
			return content
		}())
		require.Contains(t, told(t, s, "inbox.urgent_tip"), handler)
		for _, ended := range order {
			merge(t, s, "units/340503003", ended)
		}
		left := networktest.QueryTexts(t, networktest.Database(t, s),
			"SELECT DISTINCT resource FROM network.messages WHERE unit_id = $1 AND resource LIKE 'tips/%'", "340503003")
		assert.Equal(t, []string{other}, left, "what is about the unit itself and came to it stays")
		requireConcealed(t, s, "units/340503003", name)
	}
}
