package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// gaps are what the units of a subtree have nothing of, by unit, read so many at a time.
func (o office) gaps(t *testing.T, size int32, parts ...riskv1.RegisterPart) map[string][]riskv1.RegisterPart {
	t.Helper()
	found := map[string][]riskv1.RegisterPart{}
	req := &riskv1.ListRegisterGapsRequest{Unit: o.unit, PageSize: size, Parts: parts}
	for {
		page, err := o.points.ListRegisterGaps(t.Context(), req)
		require.NoError(t, err)
		for _, gap := range page.GetGaps() {
			assert.NotContains(t, found, gap.GetUnit(), "no unit stands on two pages")
			found[gap.GetUnit()] = gap.GetMissing()
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			return found
		}
	}
}

const (
	noPositions   = riskv1.RegisterPart_REGISTER_PART_POSITIONS
	noPowers      = riskv1.RegisterPart_REGISTER_PART_POWER_ITEMS
	noPoints      = riskv1.RegisterPart_REGISTER_PART_RISK_POINTS
	noCommitments = riskv1.RegisterPart_REGISTER_PART_COMMITMENTS
)

func TestT2_T5_WhoRegistersNothingShows(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office := as(s, "section", markets), as(s, "leading_group_office", commerce)
	all := office.gaps(t, 0)
	require.Len(t, all, 7, "the bureau and its six sections")
	assert.Equal(t, []riskv1.RegisterPart{noPositions, noPowers, noPoints}, all[commerce], "the leaders search first, and have powers")
	assert.Equal(t, []riskv1.RegisterPart{noPositions, noPowers, noPoints, noCommitments}, all[markets])
	assert.Equal(t, all, office.gaps(t, 2), "page by page")

	section.power(t, &riskv1.PowerItem{
		Unit: markets, Kind: "approval", Title: "摊位许可", LegalBasis: "《办法》",
		Positions: []string{section.held(t, markets, "股长", "section_head", "甲", "2024-01-01").GetName()},
	})
	assert.Equal(t, []riskv1.RegisterPart{noPoints, noCommitments}, office.gaps(t, 0)[markets])
	s.RunJob("risk.open_commitments")
	assert.Equal(t, []riskv1.RegisterPart{noPoints}, office.gaps(t, 0)[markets])
	asked := riskPoint(markets, 1, 1, 1)
	asked.Category = "personal"
	section.point(t, asked)
	assert.NotContains(t, office.gaps(t, 0), markets)
	assert.Empty(t, section.gaps(t, 0), "nothing beyond the caller's unit")
	assert.Len(t, office.gaps(t, 0, noCommitments), 5)
}

func TestJ4_WhoSearchesNothingShowsBesideTheComparison(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	civil, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	civil.point(t, courtPoint("process", "立案审查不严"))
	compared, err := group.points.CompareRiskPoints(t.Context(), &riskv1.CompareRiskPointsRequest{Unit: court})
	require.NoError(t, err)
	assert.Len(t, compared.GetSearches(), 1)
	lacking := group.gaps(t, 3, noPoints)
	assert.Len(t, lacking, 11, "of eleven divisions and the court itself")
	assert.NotContains(t, lacking, courtCivil)
}

// A scheme that says nothing asks nothing, and one further down counts before those above it.
func TestT2_TheNearestSchemeSaysWhoIsToRegister(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	office := as(s, "leading_group_office", commerce)
	admin := as(s, "administrator", commerce)
	scheme, err := office.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: commerce})
	require.NoError(t, err)
	scheme.Name, scheme.Unit = "schemes/markets", markets
	scheme.Registrations = []*riskv1.RegistrationRule{{Parts: []riskv1.RegisterPart{noPowers}, UnitSorts: []string{"unheard"}}}
	create := func() error {
		_, err := admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
		return err
	}
	suitetest.RequireFieldFaults(t, create(), map[string]string{"scheme.registrations[0].unit_sorts[0]": "UNKNOWN_TERM"})
	scheme.Registrations[0].UnitSorts = []string{"section"}
	require.NoError(t, create())
	assert.Equal(t, []riskv1.RegisterPart{noPowers}, office.gaps(t, 0)[markets])
}
