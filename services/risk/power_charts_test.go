package risk_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func TestJ1_AFlowChartIsDrawnOfEachVersion(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	item = clerk.retitlePower(t, item, "占道许可 <新>")

	chart, err := clerk.powers.DrawPowerItem(t.Context(), &riskv1.DrawPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "image/svg+xml", chart.GetContentType())
	for _, said := range []string{"<title>占道许可 &lt;新&gt;</title>", "开始", "窗口受理岗", "补正", "申请人 · 5 个工作日", "结束"} {
		assert.Contains(t, string(chart.GetData()), said)
	}
	english := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "en")
	chart, err = clerk.powers.DrawPowerItem(english, &riskv1.DrawPowerItemRequest{Name: item.GetName(), Version: 1})
	require.NoError(t, err)
	for _, said := range []string{"<title>临时占道许可</title>", "Start", "申请人 · working days: 5", "End"} {
		assert.Contains(t, string(chart.GetData()), said)
	}
	_, err = clerk.powers.DrawPowerItem(t.Context(), &riskv1.DrawPowerItemRequest{Name: item.GetName(), Version: 2})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(s, "clerk", other).powers.DrawPowerItem(t.Context(), &riskv1.DrawPowerItemRequest{Name: item.GetName(), Version: 1})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
}

// T has the risks of a workflow and what guards against them drawn (风险防范流程图).
func TestT8_T12_AFlowChartShowsRisksAndTheirControls(t *testing.T) {
	t.Parallel()
	b := newMarkets(t)
	item := b.section.licensing(t, markets)
	item.Kind = "approval"
	legal := as(b.Suite, "legal_office", commerce)
	item = legal.approvePower(t, b.section.submitPower(t, b.section.power(t, item), enter))
	asked := riskPoint(markets, 5, 5, 5)
	asked.Category, asked.PowerItem, asked.Step, asked.Regime = "decision", item.GetName(), item.GetSteps()[0].GetId(), ""
	point := b.section.point(t, asked)
	draw := func(lang string, risks bool) string {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang)
		chart, err := b.section.powers.DrawPowerItem(ctx, &riskv1.DrawPowerItemRequest{Name: item.GetName(), Risks: risks})
		require.NoError(t, err)
		return strings.Join(strings.Fields(strip.ReplaceAllString(string(chart.GetData()), "")), "")
	}
	assert.NotContains(t, draw("zh", true), "风险点1", "nothing is in force yet")
	point.OwnerPosition = b.office.held(t, commerce, "局长", "head", "甲", "2025-01-01").GetName()
	point = b.office.approveTwice(t, b.section.propose(t, b.section.update(t, point), enter))
	assert.Contains(t, draw("zh", true), "风险点1")
	assert.Contains(t, draw("zh", true), "1.A级：对条件不符的申请予以许可。责任岗位：局长；防控措施：尚无。")
	b.section.plan(t, b.against(point, "pledge"))
	assert.Contains(t, draw("zh", true), "责任岗位：局长；防控措施：保廉承诺。")
	assert.Contains(t, draw("en", true), "1.GradeA:对条件不符的申请予以许可.Owner:局长;controls:")
	assert.NotContains(t, draw("zh", false), "风险点")
}

// strip takes the elements out of a chart.
var strip = regexp.MustCompile("<[^>]*>")

// Over HTTP a chart comes as it is, under a policy that lets nothing in it run or load.
func TestJ1_X7_AFlowChartIsShownOverHTTP(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	item := clerk.power(t, clerk.licensing(t, township))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/risk/v1/"+item.GetName()+":draw", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Token(access.Principal{Subject: "accounts/1", Unit: township, Roles: []string{"clerk"}}))
	req.Header.Set("Accept-Language", "en")
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "image/svg+xml", answer.Header.Get("Content-Type"))
	assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "default-src 'none'; frame-ancestors 'none'", answer.Header.Get("Content-Security-Policy"))
	assert.Regexp(t, `(?s)^<svg .*>Start<.*</svg>\s$`, string(body))
}

// The court's 34 powers over its divisions, as J1 counts them.
func TestJ1_ThirtyFourPowersAreCounted(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", "units/court")
	group, want := as(s, "discipline_group", "units/court"), map[string]int64{}
	for division, powers := range map[string]map[string]int{
		"court_filing": {"position": 4, "procedure": 3}, "court_criminal": {"position": 5, "procedure": 2},
		"court_civil": {"procedure": 6, "regime": 1}, "court_enforcement": {"position": 3, "procedure": 5, "regime": 2},
		"court_police": {"regime": 3},
	} {
		unit := "units/" + division
		clerk := as(s, "division", unit)
		post := clerk.post(t, unit, "承办人", "staff")
		for kind, count := range powers {
			want[unit+" "+kind+" REGISTER_STATE_IN_FORCE"] = int64(count)
			for i := range count {
				group.approvePower(t, clerk.submitPower(t, clerk.power(t, &riskv1.PowerItem{
					Unit: unit, Kind: kind, Title: fmt.Sprintf("职权 %d", i), LegalBasis: "三定方案", Positions: []string{post},
					Steps: []*riskv1.Step{{Id: "do", Title: "办理", Position: post}},
				}), enter))
			}
		}
	}
	clerk := as(s, "division", "units/court_admin")
	clerk.power(t, &riskv1.PowerItem{
		Unit: "units/court_admin", Kind: "position", Title: "审查立案", LegalBasis: "行政诉讼法",
		Positions: []string{clerk.post(t, "units/court_admin", "承办人", "staff")},
	})
	want["units/court_admin position REGISTER_STATE_DRAFT"] = 1

	counted, err := group.powers.CountPowerItems(t.Context(), &riskv1.CountPowerItemsRequest{Unit: "units/court"})
	require.NoError(t, err)
	got, inForce := map[string]int64{}, int64(0)
	for _, c := range counted.GetCounts() {
		got[c.GetUnit()+" "+c.GetKind()+" "+c.GetState().String()] = c.GetCount()
		if c.GetState() == riskv1.RegisterState_REGISTER_STATE_IN_FORCE {
			inForce += c.GetCount()
		}
	}
	assert.Equal(t, want, got)
	assert.EqualValues(t, 34, inForce)
}
