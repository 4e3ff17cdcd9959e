package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// circumstances are what the register says of units, as the warning service is told.
func circumstances(t *testing.T, s *suitetest.Suite, units ...string) map[string]*typev1.Circumstances {
	t.Helper()
	conn := s.AsPrincipal(access.Principal{Subject: "services/warning", Service: "warning"})
	answer, err := riskv1.NewCircumstancesServiceClient(conn).SumCircumstances(t.Context(), &riskv1.SumCircumstancesRequest{Units: units})
	require.NoError(t, err)
	by := map[string]*typev1.Circumstances{}
	for _, c := range answer.GetCircumstances() {
		by[c.GetUnit()] = c
	}
	return by
}

// number is how many there are of something.
func number(list []*typev1.CircumstanceCount, id string) int64 {
	for _, c := range list {
		if c.GetId() == id {
			return c.GetCount()
		}
	}
	return 0
}

func TestC12_T6_TheRegisterOfUnitsIsSummedUpWithAllBelow(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, office, group := as(s, "section", markets), as(s, "leading_group_office", commerce), as(s, "discipline_group", commerce)
	chief := section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	leader := office.held(t, commerce, "局长", "head", "乙", "2026-01-01")
	grave := risky(t, s, chief, leader)
	risky(t, s, chief, leader)
	assert.Equal(t, map[string]int64{"uncontrolled": 2}, map[string]int64{
		"uncontrolled": number(circumstances(t, s, markets)[markets].GetStates(), "uncontrolled"),
	})
	control := section.plan(t, &riskv1.Control{
		Unit: markets, RiskPoint: grave.GetName(), Form: "pledge", Measure: "公开承诺", OwnerPosition: leader.GetName(), DueOn: "2026-11-05",
	})
	group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "off_book_funds", Text: "摊位费未入账"})
	gone := group.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "state_assets", Text: "资产未登记"})
	_, err := group.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: gone.GetName(), Reason: "不成立"})
	require.NoError(t, err)
	office.notes(t, &riskv1.Deficiency{Unit: commerce, Kind: "appointment", Text: "程序不全", Position: chief.GetName()})
	s.Clock.Advance(20 * day) // 22 November

	all := circumstances(t, s, commerce, markets, "units/commerce_trade", "units/none")
	require.Len(t, all, 2, "of the others there is nothing to say")
	for _, unit := range []string{commerce, markets} {
		c := all[unit]
		assert.EqualValues(t, 2, number(c.GetRisks(), "a"), unit)
		assert.Equal(t, "A级", c.GetRisks()[0].GetTitle().GetZh())
		assert.EqualValues(t, 1, number(c.GetStates(), "uncontrolled"), unit)
		assert.EqualValues(t, 1, number(c.GetOverdue(), "controls"), unit)
		assert.EqualValues(t, 1, number(c.GetDeficiencies(), "off_book_funds"), unit)
		assert.EqualValues(t, 1, number(c.GetDeficiencies(), "appointment"), "also for the unit that answers for it")
		assert.Zero(t, number(c.GetDeficiencies(), "state_assets"), "it was taken back")
		assert.EqualValues(t, 1, number(c.GetOverdue(), "deficiencies"), unit)
		assert.Zero(t, c.GetDeviations())
	}
	assert.EqualValues(t, 1, number(all[commerce].GetOverdue(), "filings"), "the bureau files it with the city")
	assert.Zero(t, number(all[markets].GetOverdue(), "filings"))
	assert.Equal(t, "防控措施", all[markets].GetOverdue()[0].GetTitle().GetZh())

	section.completeControl(t, control)
	assert.Zero(t, number(circumstances(t, s, markets)[markets].GetOverdue(), "controls"), "it was done")
	before := circumstances(t, s, commerce)[commerce]
	disband(t, s, head, commerce, markets)
	s.Clock.Advance(day)
	after := circumstances(t, s, commerce, markets)
	assert.True(t, proto.Equal(before, after[commerce]), "what ended counts for who acts for it: %v", after[commerce])
	assert.Nil(t, after[markets])
}

func TestC12_J2_CausesOfRisksAreToldMostFrequentFirst(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	for i, causes := range [][]string{{"law_gap", "concentration"}, {"concentration"}, {"concentration", "discretion"}, {"discretion"}} {
		point := scored([]string{"一", "二", "三", "四"}[i], 3)
		point.Causes = causes
		h.inForce(t, point)
	}
	told := circumstances(t, h.Suite, court, courtCivil)
	for _, unit := range []string{court, courtCivil} {
		var causes []string
		for _, c := range told[unit].GetCauses() {
			causes = append(causes, c.GetTitle().GetZh())
		}
		assert.Equal(t, []string{"权力集中", "裁量过大", "制度缺失"}, causes)
		assert.EqualValues(t, 3, told[unit].GetCauses()[0].GetCount())
	}
}

func TestC12_TheRegisterIsSummedUpForTheWarningServiceAlone(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	for _, who := range []access.Principal{
		{Subject: "accounts/a", Unit: commerce, Roles: []string{access.Administrator}},
		{Subject: "services/assessment", Service: "assessment"},
	} {
		_, err := riskv1.NewCircumstancesServiceClient(s.AsPrincipal(who)).SumCircumstances(t.Context(),
			&riskv1.SumCircumstancesRequest{Units: []string{commerce}})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "SERVICES_ONLY")
	}
	conn := s.AsPrincipal(access.Principal{Subject: "services/warning", Service: "warning"})
	_, err := riskv1.NewCircumstancesServiceClient(conn).SumCircumstances(t.Context(), &riskv1.SumCircumstancesRequest{
		Units: make([]string, 501),
	})
	suitetest.RequireRefused(t, err, codes.InvalidArgument, "INVALID_ARGUMENT")
}
