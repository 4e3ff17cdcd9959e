package risk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Who acts for a unit that has ended names no post of it anew, whatever for; what names one since before goes on.
func TestT5_T8_T13_T15_APostOfAnEndedUnitIsNamedForNothingNew(t *testing.T) {
	t.Parallel()
	e := newEnding(t)
	chief := e.own.held(t, markets, "股长", "section_head", "戊", "2024-01-01").GetName()
	licence := e.own.licensing(t, markets)
	licence.Kind = "approval"
	power := e.own.power(t, licence)
	found := e.own.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "state_assets", Text: "资产未登记", Position: chief})
	stands := e.heir.held(t, trade, "外贸股股长", "section_head", "己", "2024-01-01").GetName()
	var members []string
	for _, person := range []string{"甲", "乙", "丙"} {
		members = append(members, e.office.held(t, commerce, "副局长"+person, "deputy", person, "2024-01-01").GetName())
	}
	asked := riskPoint(trade, 1, 1, 1)
	asked.Category = "personal"
	point := e.heir.point(t, asked)
	e.end(t)

	decision := &riskv1.Decision{
		Unit: commerce, Kind: "joint_review", Title: "摊位许可会审", Proposal: "准予许可。", ProposerPosition: chief,
		Members: members, ExecutorPosition: stands, DueOn: "2026-12-31",
	}
	for name, tc := range map[string]struct {
		field string
		call  func() error
	}{
		"a power": {"power_item.positions[0]", func() error {
			_, err := e.heir.powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: &riskv1.PowerItem{
				Unit: trade, Kind: "approval", Title: "摊位管理", LegalBasis: "《办法》", Positions: []string{chief},
			}})
			return err
		}},
		"a risk point": {"risk_point.position", func() error {
			of := riskPoint(trade, 1, 1, 1)
			of.Category, of.Position = "personal", chief
			_, err := e.heir.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: of})
			return err
		}},
		"the owner of a control": {"control.owner_position", func() error {
			_, err := e.heir.controls.CreateControl(t.Context(), &riskv1.CreateControlRequest{Control: &riskv1.Control{
				Unit: trade, RiskPoint: point.GetName(), Form: "duty", Measure: "双人复核", OwnerPosition: chief, DueOn: "2026-12-31",
			}})
			return err
		}},
		"who checks": {"check.checkers[0]", func() error {
			_, err := e.heir.checks.CreateCheck(t.Context(), &riskv1.CreateCheckRequest{Check: &riskv1.Check{
				Unit: trade, CheckedUnit: north, Kind: "procurement", Scope: "三季度采购", DueOn: "2026-12-11", Checkers: []string{chief},
			}})
			return err
		}},
		"who is to correct": {"deficiency.position", func() error {
			_, err := e.heir.found.CreateDeficiency(t.Context(), &riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{
				Unit: trade, Kind: "state_assets", Text: "资产未登记", Position: chief,
			}})
			return err
		}},
		"who proposes": {"decision.proposer_position", func() error {
			_, err := e.office.decisions.CreateDecision(t.Context(), &riskv1.CreateDecisionRequest{Decision: decision})
			return err
		}},
		"a post to be filled": {"appointment.position", func() error {
			_, err := e.office.cadres.CreateAppointment(t.Context(), &riskv1.CreateAppointmentRequest{Appointment: &riskv1.Appointment{
				Unit: commerce, Kind: "middle", Position: chief, Person: "庚", Nominations: []*riskv1.Nomination{
					{Way: "meeting", NominatedBy: "推荐会", NominatedOn: "2026-11-16"},
					{Way: "talk", NominatedBy: "谈话推荐", NominatedOn: "2026-11-16"},
				},
			}})
			return err
		}},
		"a leader of a campaign": {"campaign.leaders[0].position", func() error {
			_, err := e.office.tryCampaign(t, &riskv1.Campaign{
				Unit: commerce, Kind: "trinity", Title: "三位一体", Stages: november(),
				Leaders: []*riskv1.CampaignLeader{{Position: chief, Role: riskv1.CampaignRole_CAMPAIGN_ROLE_HEAD}},
			})
			return err
		}},
	} {
		named := map[string]string{}
		for _, v := range suitetest.FieldViolations(t, tc.call()) {
			named[v.GetField()] = v.GetReason()
		}
		assert.Equal(t, "POSITION_OF_ENDED", named[tc.field], name)
	}

	item, err := e.heir.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: power.GetName()})
	require.NoError(t, err)
	_, err = e.heir.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: item})
	require.NoError(t, err, "what named its posts before goes on")
	e.heir.attach(t, found.GetName())
	e.heir.correct(t, found.GetName())
}

// Nobody comes into a post after its unit has ended; who acts for that unit ends what was under way for it.
func TestT15_NobodyIsAppointedToAPostOfAnEndedUnit(t *testing.T) {
	t.Parallel()
	b := newSelection(t)
	a := b.judged(t)
	b.polled(t, a, 50, 0)
	b.Clock.Advance(day)
	commerceBureau{Suite: b.Suite}.merge(t, markets, trade)
	b.Clock.Advance(day)
	_, err := b.appoint(t, a, "2026-11-10")
	suitetest.RequireFieldFaults(t, err, map[string]string{"from": "POSITION_OF_ENDED"})
	_, err = b.office.cadres.RejectAppointment(t.Context(), &riskv1.RejectAppointmentRequest{
		Name: a.GetName(), Reason: "岗位所在单位已撤并",
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.DecisionState_DECISION_STATE_FALLEN, b.decision(t, a.GetDecision()).GetState())
}
