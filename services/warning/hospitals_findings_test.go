package warning_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	equipment      = "units/hospitals_first_equipment"
	surgery        = "units/hospitals_first_surgery"
	secondPharmacy = "units/hospitals_second_pharmacy"
	logistics      = "units/hospitals_logistics"
)

// months is a past whose last month is one of the year of the suite's start, or after it.
func (h hospitals) months(t *testing.T, unit, area string, last time.Month, counts ...int) {
	t.Helper()
	past(t, h.Suite, unit, area, time.Date(2026, last, 10, 0, 0, 0, 0, time.UTC), counts...)
}

// urgent registers urgent tips about a unit.
func (h hospitals) urgent(t *testing.T, unit, area string, n int) {
	t.Helper()
	for range n {
		_, err := h.group.tips.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
			Unit: hospitalGroup, ReceivedOn: "2026-11-02", ReceivedBy: "值班室", Content: &networkv1.TipContent{
				Unit: unit, SubjectArea: area, Channel: "patient_desk", Title: "供应商", Body: "供应商多次宴请采购人员。", Urgent: true,
			},
		})
		require.NoError(t, err)
	}
}

// onLadder are the levels that the group's analysis of November found, by unit and area.
func (h hospitals) onLadder(t *testing.T) map[string]string {
	t.Helper()
	levels := map[string]string{}
	for _, f := range h.group.listed(t, &warningv1.ListFindingsRequest{Unit: hospitalGroup, Period: "2026-11", PageSize: 1000}) {
		if f.GetWarningLevel() != "" {
			levels[f.GetCount().GetUnit()+" "+f.GetCount().GetSubjectArea()] = f.GetWarningLevel()
		}
	}
	return levels
}

func TestC11_C12_OneAnalysisLeadsToSeveralOfSevenSteps(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	h.months(t, pharmacy, "purchasing", time.November, 2)
	h.urgent(t, pharmacy, "prescribing", 1)
	h.months(t, equipment, "purchasing", time.November, 1, 4)
	h.months(t, equipment, "research", time.November, 4, 4, 3)
	h.months(t, secondPharmacy, "prescribing", time.November, 3, 3, 3, 3, 3, 3)
	h.urgent(t, logistics, "purchasing", 3)
	h.months(t, surgery, "research", time.November, 1) // too few for anything
	advanceTo(t, h.Suite, 2026, time.December, 1)
	h.RunJob(analysing)
	assert.Equal(t, map[string]string{
		pharmacy + " purchasing": "note", pharmacy + " prescribing": "query", equipment + " purchasing": "counsel",
		equipment + " research": "observation", secondPharmacy + " prescribing": "order", logistics + " purchasing": "suspension",
	}, h.onLadder(t))

	of := h.group.listed(t, &warningv1.ListFindingsRequest{Unit: hospitalGroup, AboutUnit: logistics, Period: "2026-11"})[0]
	assert.Equal(t, "物流中心“采购”方面 2026-11 收到 3 件，达到暂停权限的条件。", of.GetExplanation().GetZh())
	req := to(logistics, hospitalGroup, "suspension", "")
	req.Finding = of.GetName()
	w := h.warns(t, req)
	assert.Equal(t, "purchasing", w.GetSubjectArea())
	assert.Equal(t, closed, h.group.close(t, h.settle(t, w).GetName()).GetState())
}

func TestX4_C11_ClassesOfFindingsLeadToStepsThatCountsDoNot(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	counts := append(make([]int, 23), 3)
	counts[0] = 2
	h.months(t, secondPharmacy, "research", time.November, counts...)
	for _, of := range [][]int{{0, 1}, {6, 1}, {12, 2}} { // six months each of 0, 1 and 2
		h.months(t, equipment, "prescribing", time.November-time.Month(12-of[0]), slices.Repeat([]int{of[0] / 6}, 6)...)
	}
	for _, unit := range []string{pharmacy, equipment, surgery} {
		h.months(t, unit, "purchasing", time.November, steady(4)...)
	}
	h.months(t, firstHospital, "purchasing", time.November, 1)
	advanceTo(t, h.Suite, 2026, time.December, 1)
	h.RunJob(analysing)
	before := h.onLadder(t)
	assert.Equal(t, []string{"query", "note", ""}, []string{
		before[secondPharmacy+" research"], before[equipment+" prescribing"], before[firstHospital+" purchasing"],
	}, "by the counts alone")
	advanceTo(t, h.Suite, 2026, time.December, 4) // when what comes late is in
	h.RunJob(analysing)
	after := h.onLadder(t)
	assert.Equal(t, []string{"counsel", "observation", "order"}, []string{
		after[secondPharmacy+" research"], after[equipment+" prescribing"], after[firstHospital+" purchasing"],
	}, "by a surge, a drift and a contagion")
}

func TestC11_T6_EachOfSevenStepsFallsByItsOwnCriterion(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	rows := []struct {
		level, unit, area string
		last              time.Month // of the counts; the first of these is November
		counts            []int
		falls             string // the month whose analysis has it fall
		to, criterion     string
	}{
		{"query", pharmacy, "purchasing", 12, []int{2, 1}, "2027-01", "note", "tips == 0"},
		{"counsel", pharmacy, "prescribing", 13, []int{2, 2, 1}, "2027-01", "query", "tips < previous || tips == 0"},
		{"observation", equipment, "purchasing", 12, []int{2, 1}, "2027-02", "counsel", "within[2] == 0 && urgent == 0"},
		{"order", equipment, "prescribing", 12, []int{2, 1}, "2027-05", "observation", "within[6] <= 1"},
		{"suspension", surgery, "research", 11, []int{2}, "2027-02", "order", "within[3] == 0"},
	}
	for _, of := range rows {
		h.months(t, of.unit, of.area, of.last, of.counts...)
	}
	advanceTo(t, h.Suite, 2026, time.December, 1)
	h.RunJob(analysing)
	names := make([]string, len(rows))
	for i, of := range rows {
		req := to(of.unit, firstHospital, of.level, "")
		req.WarningLevelReason = "性质不同"
		req.Finding = h.group.listed(t, &warningv1.ListFindingsRequest{
			Unit: hospitalGroup, AboutUnit: of.unit, SubjectArea: of.area, Period: "2026-11",
		})[0].GetName()
		names[i] = h.settle(t, h.warns(t, req)).GetName()
	}
	for month := range time.Month(6) {
		ended := time.Date(2026, time.December+month, 1, 0, 0, 0, 0, time.UTC)
		advanceTo(t, h.Suite, 2026, time.December+month+1, 4) // when what comes late is in
		h.RunJob(analysing)
		h.RunJob("warning.fall")
		for i, of := range rows {
			w, want := h.group.get(t, names[i]), of.level
			if ended.Format("2006-01") >= of.falls {
				want = of.to
				assert.Equal(t, "eased", w.GetForm())
				last := w.GetHistory()[len(w.GetHistory())-1]
				assert.Equal(t, "fall_level analyses/hospitals."+of.falls+": "+of.criterion, last.GetAct()+" "+last.GetNote())
			}
			require.Equal(t, want, w.GetWarningLevel(), "%s after %s", of.level, ended.Format("2006-01"))
			if want == of.level {
				h.settle(t, w) // an order is looked back on meanwhile
			}
		}
	}
}

func TestT16_T7_AGiftSuspendsAndAMissingDeclarationIsOrdered(t *testing.T) {
	t.Parallel()
	h := newHospitals(t)
	found := registerOf(h.As("hospital_auditor", firstHospital))
	note := func(kind string) *riskv1.Deficiency {
		t.Helper()
		made, err := found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
			Unit: pharmacy, Kind: kind, Text: "收受购物卡",
		}})
		require.NoError(t, err)
		return made
	}
	of := func(d *riskv1.Deficiency) []*warningv1.Finding {
		t.Helper()
		followRisk(t, h.Suite)
		return h.group.listed(t, &warningv1.ListFindingsRequest{Unit: hospitalGroup, Source: d.GetName()})
	}
	gift, undeclared := note("gift_taken"), note("declaration_missing")
	f := of(gift)[0]
	assert.Equal(t, []string{firstHospital, pharmacy, "purchasing", "suspension"}, []string{
		f.GetHandlingUnit(), f.GetCount().GetUnit(), f.GetCount().GetSubjectArea(), f.GetWarningLevel(),
	})
	req := to(pharmacy, hospitalGroup, "suspension", "")
	req.Finding = f.GetName()
	_, err := h.auditor.warnings.IssueWarning(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "ISSUER_ROLE")
	f, err = h.auditor.findings.PassUpFinding(t.Context(), &warningv1.PassUpFindingRequest{Name: f.GetName(), Reason: "须由集团暂停权限"})
	require.NoError(t, err)
	assert.Equal(t, hospitalGroup, f.GetHandlingUnit())
	w := h.warns(t, req)
	assert.Equal(t, "suspension purchasing", w.GetWarningLevel()+" "+w.GetSubjectArea())
	assert.Equal(t, "order", of(note("fund_off_books"))[0].GetWarningLevel())

	assert.Equal(t, "2026-12-02", undeclared.GetDueOn(), "a month")
	assert.Empty(t, of(undeclared), "it may still be mended")
	advanceTo(t, h.Suite, 2026, time.December, 9)
	assert.Empty(t, of(undeclared), "seven days of grace")
	advanceTo(t, h.Suite, 2026, time.December, 10)
	late := of(undeclared)
	require.Len(t, late, 1)
	assert.Equal(t, hospitalGroup+" order", late[0].GetHandlingUnit()+" "+late[0].GetWarningLevel())
}
