package schemes

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// checkCampaigns checks who takes part in campaigns, and what is owed when (J5, T21).
func checkCampaigns(faults *fault.Fields, s *riskv1.Scheme, network *networkv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.campaign_kinds", s.GetCampaignKinds())
	for i, kind := range s.GetCampaignKinds() {
		at := fmt.Sprintf("scheme.campaign_kinds[%d].", i)
		schemes.CheckAllKnown(faults, at+"unit_sorts", kind.GetUnitSorts(), network.GetUnitSorts())
		schemes.CheckUnique(faults, at+"stages", kind.GetStages())
		for n, stage := range kind.GetStages() {
			field := fmt.Sprintf("%sstages[%d].", at, n)
			checkWindow(faults, field+"window", kind.GetStages(), n)
			schemes.CheckUnique(faults, field+"measures", stage.GetMeasures())
			for m, measure := range stage.GetMeasures() {
				at := fmt.Sprintf("%smeasures[%d].", field, m)
				checkMeasure(faults, at, measure, network)
				checkFiled(faults, at+"publication_kind", measure, s.GetPublicationKinds())
				checkOwing(faults, at+"unit_kinds", measure.GetUnitKinds(), kind.GetUnitKinds())
			}
		}
	}
	reminders.Check(faults, "scheme.campaign_reminders", s.GetCampaignReminders())
}

// checkOwing wants a measure to ask only units that take part.
func checkOwing(faults *fault.Fields, field string, asked, takePart []networkv1.UnitKind) {
	known := words.Known(document.EnumNames(takePart)...)
	for i, kind := range asked {
		if len(takePart) > 0 && !slices.Contains(takePart, kind) {
			faults.Add(fmt.Sprintf("%s[%d]", field, i), words.UnknownTerm(kind.String(), known))
		}
	}
}

// anyYear is a leap year, whose days all windows have.
var anyYear = calendar.PeriodOf(calendar.Year, calendar.NewDate(2024, 1, 1))

// checkWindow wants a stage to close after it opens, and neither before the stage before it does.
func checkWindow(faults *fault.Fields, field string, stages []*riskv1.CampaignStageRule, n int) {
	opens, closes := calendarpb.Window(stages[n].GetWindow()).In(anyYear)
	if closes.Before(opens) {
		faults.Add(field, words.Window())
	}
	if n == 0 {
		return
	}
	before, until := calendarpb.Window(stages[n-1].GetWindow()).In(anyYear)
	if opens.Before(before) {
		faults.Add(field, words.StageOrder(before.String()))
	} else if closes.Before(until) {
		faults.Add(field, words.StageOrder(until.String()))
	}
}

// leavesNothingOpen tells of what is counted whether nothing of it can be left open.
var leavesNothingOpen = map[riskv1.CampaignCount]bool{
	riskv1.CampaignCount_CAMPAIGN_COUNT_POINTS_FOUND:  true,
	riskv1.CampaignCount_CAMPAIGN_COUNT_REPORTS_SENT:  true,
	riskv1.CampaignCount_CAMPAIGN_COUNT_WORK_RECORDED: true,
}

func checkMeasure(faults *fault.Fields, at string, m *riskv1.CampaignMeasure, network *networkv1.Scheme) {
	if m.GetMinimum() == 0 && !m.GetComplete() {
		faults.Add(at+"minimum", words.MeasureEmpty())
	}
	if m.GetComplete() && leavesNothingOpen[m.GetCount()] {
		faults.Add(at+"complete", words.MeasureComplete())
	}
	reports := m.GetCount() == riskv1.CampaignCount_CAMPAIGN_COUNT_REPORTS_SENT
	if reports != (m.GetSchedule() != "") {
		faults.Add(at+"schedule", words.MeasureSchedule())
	} else if reports {
		schemes.CheckKnown(faults, at+"schedule", m.GetSchedule(), network.GetSchedules())
	}
}

// checkFiled wants a measure that counts filings, and no other, to name a kind of publications that are filed.
func checkFiled(faults *fault.Fields, field string, m *riskv1.CampaignMeasure, kinds []*riskv1.PublicationKind) {
	filings := m.GetCount() == riskv1.CampaignCount_CAMPAIGN_COUNT_PUBLICATIONS_FILED
	kind, known := schemes.Find(kinds, m.GetPublicationKind())
	switch named := m.GetPublicationKind() != ""; {
	case named != filings, known && len(kind.GetFiledWith()) == 0:
		faults.Add(field, words.MeasurePublicationKind())
	case named:
		schemes.CheckKnown(faults, field, m.GetPublicationKind(), kinds)
	}
}
