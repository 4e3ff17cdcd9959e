package risk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const trade = "units/commerce_trade"

// bureau is a commerce bureau (T) with a power in force at one section, and those who deal with it.
type bureau struct {
	*suitetest.Suite

	from, to, legal office
	item            *riskv1.PowerItem
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	s := suitetest.Of(t, "t", commerce)
	b := &bureau{Suite: s, from: as(s, "section", markets), to: as(s, "section", trade), legal: as(s, "legal_office", commerce)}
	item := b.from.licensing(t, markets)
	item.Kind = "approval"
	b.item = b.legal.approvePower(t, b.from.submitPower(t, b.from.power(t, item), enter))
	return b
}

func transferTo(item *riskv1.PowerItem, unit string) *riskv1.SubmitPowerItemRequest {
	return &riskv1.SubmitPowerItemRequest{
		Name: item.GetName(), Proposal: riskv1.Proposal_PROPOSAL_TRANSFER, TransferTo: unit, Reason: "机构改革",
	}
}

// given is the power once its transfer is approved, and the draft of it at the unit that is to have it.
func (b *bureau) given(t *testing.T) (item, draft *riskv1.PowerItem) {
	t.Helper()
	submitted, err := b.from.powers.SubmitPowerItem(t.Context(), transferTo(b.item, trade))
	require.NoError(t, err)
	assert.Equal(t, trade, submitted.GetTransferTo())
	item = b.legal.approvePower(t, submitted)
	draft, err = b.to.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetTransferredTo()})
	require.NoError(t, err)
	return item, draft
}

// On each day one unit has the power, and one alone.
func TestT12_ATransferredPowerIsNeverWithoutAUnit(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	b.Clock.Advance(24 * time.Hour)
	item, draft := b.given(t)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
	assert.Equal(t, int32(1), item.GetStanding().GetVersion())
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_DRAFT, draft.GetState())
	assert.Equal(t, item.GetName(), draft.GetTransferredFrom())
	assert.Empty(t, draft.GetPositions())
	assert.Equal(t, item.GetTitle()+item.GetLegalBasis(), draft.GetTitle()+draft.GetLegalBasis())
	require.Len(t, draft.GetSteps(), 3)
	assert.Empty(t, draft.GetSteps()[0].GetPosition())
	assert.Equal(t, "decide", draft.GetSteps()[0].GetEdges()[0].GetStep())

	_, err := b.to.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: draft.GetName(), Proposal: enter, Reason: "承接",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_INCOMPLETE")
	b.Clock.Advance(24 * time.Hour)
	draft, err = b.to.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: draft.GetName(), Positions: []string{b.to.post(t, trade, "外贸许可岗", "staff")}},
	})
	require.NoError(t, err)
	taken := b.legal.approvePower(t, b.to.submitPower(t, draft, enter))
	assert.Equal(t, item.GetName(), taken.GetTransferredFrom())
	item, err = b.from.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, item.GetState())
	assert.Equal(t, []string{trade, taken.GetName()}, []string{item.GetTransferTo(), item.GetTransferredTo()})

	for day, unit := range map[string]string{
		"2026-11-01": "", "2026-11-02": markets, "2026-11-03": markets, "2026-11-04": trade,
	} {
		list, err := b.legal.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: commerce, AsOf: day})
		require.NoError(t, err)
		if unit == "" {
			assert.Empty(t, list.GetPowerItems(), day)
			continue
		}
		require.Len(t, list.GetPowerItems(), 1, day)
		assert.Equal(t, unit, list.GetPowerItems()[0].GetUnit(), day)
	}

	assert.Equal(t, []string{"inbox.entry_in_force", "inbox.power_transfer_approved", "inbox.power_transferred"},
		told(t, b.Suite, "section", markets, item.GetName(), 3))
	assert.Equal(t, []string{"inbox.power_given", "inbox.entry_in_force"}, told(t, b.Suite, "section", trade, taken.GetName(), 2))
	assert.Equal(t, []string{"inbox.entry_submitted", "inbox.entry_transfer_submitted"},
		told(t, b.Suite, "leading_group_office", commerce, item.GetName(), 2))
}

func TestT12_APowerThatIsGivenStaysAsItIs(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	item, draft := b.given(t)
	_, err := b.from.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: item.GetName(), Title: "另一项"},
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TRANSFER_PENDING")
	_, err = b.from.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{Name: item.GetName(), Proposal: end, Reason: "取消"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TRANSFER_PENDING")

	_, err = b.from.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: draft.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	draft, err = b.to.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: draft.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, draft.GetState())
	item, err = b.from.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
	assert.Empty(t, item.GetTransferTo()+item.GetTransferredTo())
	assert.Equal(t, "inbox.power_given_back", told(t, b.Suite, "section", markets, item.GetName(), 3)[2])

	b.item = b.from.retitlePower(t, item, "占道经营许可")
	b.item = b.legal.approvePower(t, b.from.submitPower(t, b.item, enter))
	_, again := b.given(t)
	assert.Equal(t, "占道经营许可", again.GetTitle())
}

// merge ends the unit that is to have the power; another one has its records.
func (b *bureau) merge(t *testing.T) office {
	t.Helper()
	const into = "units/commerce_finance"
	_, err := networkv1.NewTreeServiceClient(b.As("administrator", commerce)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: trade}}, Into: into, Reason: "撤并",
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_moves")
	return as(b.Suite, "section", into)
}

func TestT12_ASuccessorTakesAPowerOver(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	item, draft := b.given(t)
	successor := b.merge(t)
	post := successor.post(t, "units/commerce_finance", "许可岗", "staff")
	draft, err := successor.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: draft.GetName(), Positions: []string{post}},
	})
	require.NoError(t, err)
	b.legal.approvePower(t, successor.submitPower(t, draft, enter))
	item, err = b.from.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, item.GetState())
}

// What an ended unit had, its successor may have for good.
func TestT12_APowerOfAnEndedUnitGoesToItsSuccessor(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	_, err := networkv1.NewTreeServiceClient(b.As("administrator", commerce)).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: markets}}, Into: trade, Reason: "撤并",
	})
	require.NoError(t, err)
	b.RunJob("risk.follow_moves")
	submitted, err := b.to.powers.SubmitPowerItem(t.Context(), transferTo(b.item, trade))
	require.NoError(t, err)
	item := b.legal.approvePower(t, submitted)
	draft, err := b.to.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: &riskv1.PowerItem{
		Name: item.GetTransferredTo(), Positions: []string{b.to.post(t, trade, "许可岗", "staff")},
	}})
	require.NoError(t, err)
	taken := b.legal.approvePower(t, b.to.submitPower(t, draft, enter))
	assert.Equal(t, trade, taken.GetUnit())
	item, err = b.to.powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: item.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, item.GetState())
}

// Who approves a transfer to a unit that has ended meanwhile hears of its successor.
func TestT12_NoPowerGoesToAUnitThatHasEnded(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	submitted, err := b.from.powers.SubmitPowerItem(t.Context(), transferTo(b.item, trade))
	require.NoError(t, err)
	b.merge(t)
	b.Clock.Advance(time.Hour) // units are remembered for a while
	_, err = b.legal.powers.ApprovePowerItem(t.Context(), approval(submitted))
	suitetest.RequireFieldFaults(t, err, map[string]string{"name": "UNIT_ENDED"})
	_, err = b.legal.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: submitted.GetName(), Reason: "改划承继单位"})
	require.NoError(t, err)
	_, err = b.from.powers.SubmitPowerItem(t.Context(), transferTo(submitted, "units/commerce_finance"))
	require.NoError(t, err)
}

func TestT12_FaultyTransfersAreRefused(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	for unit, reason := range map[string]string{
		"": "REQUIRED", markets: "SAME_UNIT", "units/nowhere": "UNKNOWN_UNIT",
	} {
		_, err := b.from.powers.SubmitPowerItem(t.Context(), transferTo(b.item, unit))
		suitetest.RequireFieldFaults(t, err, map[string]string{"transfer_to": reason})
	}
	stray := transferTo(b.item, trade)
	stray.Proposal = end
	_, err := b.from.powers.SubmitPowerItem(t.Context(), stray)
	suitetest.RequireFieldFaults(t, err, map[string]string{"transfer_to": "CONTRADICTION"})

	own := b.item.GetName()
	draft := b.from.licensing(t, markets)
	draft.Kind = "approval"
	_, err = b.from.powers.SubmitPowerItem(t.Context(), transferTo(b.from.power(t, draft), trade))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOT_IN_FORCE")
	changed := b.from.retitlePower(t, b.item, "另一项")
	_, err = b.from.powers.SubmitPowerItem(t.Context(), transferTo(changed, trade))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "HAS_CHANGES")
	_, err = b.to.powers.SubmitPowerItem(t.Context(), transferTo(changed, trade))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	assert.Equal(t, own, changed.GetName())
}

// A power goes to no unit that follows other rules.
func TestT12_APowerStaysWithinItsScheme(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, admin := as(s, "clerk", township), as(s, "administrator", suitetest.City)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	scheme.Name, scheme.Unit, scheme.EffectiveFrom = "schemes/yushan", "units/340504", "2026-11-01"
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
	item := as(s, "reviewer", county).approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	_, err = clerk.powers.SubmitPowerItem(t.Context(), transferTo(item, "units/340504001"))
	suitetest.RequireFieldFaults(t, err, map[string]string{"transfer_to": "OTHER_SCHEME"})
	_, err = clerk.powers.SubmitPowerItem(t.Context(), transferTo(item, other))
	require.NoError(t, err)
}

// A transfer that was sent back is dropped like any proposal.
func TestT12_AReturnedTransferIsDiscarded(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	submitted, err := b.from.powers.SubmitPowerItem(t.Context(), transferTo(b.item, trade))
	require.NoError(t, err)
	_, err = b.legal.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: submitted.GetName(), Reason: "依据不足"})
	require.NoError(t, err)
	kept, err := b.from.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: submitted.GetName()})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, kept.GetState())
	assert.Empty(t, kept.GetTransferTo())
}
