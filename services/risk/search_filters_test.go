package risk_test

import (
	"crypto/sha512"
	"encoding/base32"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// T looks at three tiers of posts, in five ways and besides in six sources: each is listed and counted by.
func TestT2_J4_PointsAreListedAndCountedByWaySourceAndTier(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	found := func(description, tier string, methods []string, sources ...*riskv1.SearchSource) *riskv1.RiskPoint {
		t.Helper()
		made, err := section.positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{
			Position: &riskv1.Position{Unit: markets, Title: description, Rank: "staff", Tier: tier},
		})
		require.NoError(t, err)
		point := riskPoint(markets, 1, 1, 1)
		point.Category, point.Description, point.SearchMethods, point.SearchSources = "decision", description, methods, sources
		point.Position = made.GetName()
		return section.point(t, point)
	}
	first := found("甲处", "key", []string{"self", "public"}, &riskv1.SearchSource{Source: "audit", Reference: "一"},
		&riskv1.SearchSource{Source: "audit", Reference: "二"}, &riskv1.SearchSource{Source: "tip"})
	found("乙处", "middle", []string{"self"}, &riskv1.SearchSource{Source: "tip"})
	found("丙处", "", []string{"mutual"})
	plain := riskPoint(markets, 1, 1, 1)
	plain.Category, plain.Description = "decision", "丁处"
	section.point(t, plain)

	list := func(req *riskv1.ListRiskPointsRequest) (descriptions []string) {
		t.Helper()
		req.Unit, req.PageSize = commerce, 1
		for {
			page, err := office.points.ListRiskPoints(t.Context(), req)
			require.NoError(t, err)
			for _, point := range page.GetRiskPoints() {
				descriptions = append(descriptions, point.GetDescription())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				return descriptions
			}
		}
	}
	assert.Equal(t, []string{"甲处"}, list(&riskv1.ListRiskPointsRequest{SearchMethods: []string{"public"}}))
	assert.Equal(t, []string{"甲处", "丙处"}, list(&riskv1.ListRiskPointsRequest{SearchMethods: []string{"public", "mutual"}}))
	assert.Equal(t, []string{"甲处", "乙处"}, list(&riskv1.ListRiskPointsRequest{SearchSources: []string{"tip"}}))
	assert.Equal(t, []string{"甲处"}, list(&riskv1.ListRiskPointsRequest{SearchSources: []string{"audit", "style_review"}}))
	assert.Equal(t, []string{"乙处"}, list(&riskv1.ListRiskPointsRequest{Tiers: []string{"middle"}}))
	assert.Equal(t, []string{"甲处", "乙处"}, list(&riskv1.ListRiskPointsRequest{Tiers: []string{"key", "middle", "leading"}}))
	assert.Equal(t, []string{"甲处"}, list(&riskv1.ListRiskPointsRequest{
		Tiers: []string{"key", "middle"}, SearchMethods: []string{"self"}, SearchSources: []string{"audit"},
	}), "all of it")
	assert.Empty(t, list(&riskv1.ListRiskPointsRequest{SearchSources: []string{"questionnaire"}}))
	_, err := office.points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{
		Unit: commerce, SearchMethods: []string{"guess"}, SearchSources: []string{"rumour"}, Tiers: []string{"upper"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"search_methods": "UNKNOWN_TERM", "search_sources": "UNKNOWN_TERM", "tiers": "UNKNOWN_TERM",
	})

	office.approveTwice(t, section.submit(t, first))
	today := s.Clock.Now().Format("2006-01-02")
	assert.Equal(t, []string{"甲处"}, list(&riskv1.ListRiskPointsRequest{
		AsOf: today, SearchMethods: []string{"self"}, SearchSources: []string{"tip"}, Tiers: []string{"key"},
	}), "of the catalogue of a day as well")
	assert.Empty(t, list(&riskv1.ListRiskPointsRequest{AsOf: today, SearchMethods: []string{"mutual"}}))

	compared, err := office.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: commerce})
	require.NoError(t, err)
	require.Len(t, compared.GetSearches(), 1)
	search := compared.GetSearches()[0]
	assert.EqualValues(t, 4, search.GetRiskPoints())
	counted := &riskv1.UnitSearch{
		SearchMethods: search.GetSearchMethods(), SearchSources: search.GetSearchSources(), Tiers: search.GetTiers(),
	}
	assert.Equal(t, text(&riskv1.UnitSearch{
		SearchMethods: []*riskv1.TermCount{{Term: "mutual", Count: 1}, {Term: "public", Count: 1}, {Term: "self", Count: 3}},
		SearchSources: []*riskv1.TermCount{{Term: "audit", Count: 1}, {Term: "tip", Count: 2}},
		Tiers:         []*riskv1.TermCount{{Term: "key", Count: 1}, {Term: "middle", Count: 1}},
	}), text(counted))
	median := compared.GetMedian()
	assert.Equal(t, text(&riskv1.SearchMedian{
		SearchMethods: []*riskv1.TermMedian{{Term: "mutual", Median: 1}, {Term: "public", Median: 1}, {Term: "self", Median: 3}},
		SearchSources: []*riskv1.TermMedian{{Term: "audit", Median: 1}, {Term: "tip", Median: 2}},
		Tiers:         []*riskv1.TermMedian{{Term: "key", Median: 1}, {Term: "middle", Median: 1}},
	}), text(&riskv1.SearchMedian{
		SearchMethods: median.GetSearchMethods(), SearchSources: median.GetSearchSources(), Tiers: median.GetTiers(),
	}))
}

// A risk point may be found in as many ways and sources as the API allows, whatever a scheme calls them.
func TestJ4_APointIsFoundInEveryWayThatASchemeHas(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	admin, section := as(s, access.Administrator, commerce), as(s, "section", markets)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.EffectiveFrom = s.Clock.Now().Format("2006-01-02")
	point := riskPoint(markets, 1, 1, 1)
	point.Category = "decision"
	point.SearchMethods, point.SearchSources = nil, nil
	longest := func(of string, i int) *riskv1.Term { // nothing of it repeats, so that it takes its length wherever it is stored
		sum := sha512.Sum512([]byte(of + strconv.Itoa(i)))
		id := "x" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:62]
		return &riskv1.Term{Id: id, Title: &typev1.Text{Zh: of + strconv.Itoa(i), En: of + strconv.Itoa(i)}}
	}
	for i := range 20 {
		method, source := longest("method", i), longest("source", i)
		scheme.SearchMethods, scheme.SearchSources = append(scheme.SearchMethods, method), append(scheme.SearchSources, source)
		point.SearchMethods = append(point.SearchMethods, method.GetId())
		point.SearchSources = append(point.SearchSources, &riskv1.SearchSource{Source: source.GetId(), Reference: "一"})
	}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme, Replace: true})
	require.NoError(t, err)
	made := section.point(t, point)
	assert.Len(t, made.GetSearchMethods(), 20)
	compared, err := admin.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: commerce})
	require.NoError(t, err)
	assert.Len(t, compared.GetSearches()[0].GetSearchSources(), 20)
}
