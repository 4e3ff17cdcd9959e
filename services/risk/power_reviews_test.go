package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/reviews"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	enter = riskv1.Proposal_PROPOSAL_ENTER
	end   = riskv1.Proposal_PROPOSAL_END
)

// all is the mask of whatever may change.
var all = &fieldmaskpb.FieldMask{Paths: []string{"*"}}

func (o office) submitPower(t *testing.T, item *riskv1.PowerItem, proposal riskv1.Proposal) *riskv1.PowerItem {
	t.Helper()
	answer, err := o.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: item.GetName(), Proposal: proposal, Reason: "清理职权",
	})
	require.NoError(t, err)
	return answer
}

func (o office) approvePower(t *testing.T, item *riskv1.PowerItem) *riskv1.PowerItem {
	t.Helper()
	answer, err := o.powers.ApprovePowerItem(t.Context(), approval(item))
	require.NoError(t, err)
	return answer
}

// approval approves a power item as it was read.
func approval(read *riskv1.PowerItem) *riskv1.ApprovePowerItemRequest {
	return &riskv1.ApprovePowerItemRequest{Name: read.GetName(), ContentSha256: read.GetStanding().GetContentSha256(), Reason: "同意"}
}

func (o office) retitlePower(t *testing.T, item *riskv1.PowerItem, title string) *riskv1.PowerItem {
	t.Helper()
	answer, err := o.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: item.GetName(), Title: title},
	})
	require.NoError(t, err)
	return answer
}

// catalogue is the titles of a unit's powers in force on a day.
func (o office) catalogue(t *testing.T, unit, day string) []string {
	t.Helper()
	list, err := o.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: unit, AsOf: day})
	require.NoError(t, err)
	titles := []string{}
	for _, item := range list.GetPowerItems() {
		titles = append(titles, item.GetTitle())
	}
	return titles
}

func TestT12_AChangeLeavesTheVersionInForceUntilApproved(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	drafted := clerk.power(t, clerk.licensing(t, township))
	hash, err := reviews.Hash(drafted)
	require.NoError(t, err)
	assert.Equal(t, hash, drafted.GetStanding().GetContentSha256())
	submitted := clerk.submitPower(t, drafted, enter)
	assert.Equal(t, "review", submitted.GetStanding().GetReviewStage())
	assert.Empty(t, clerk.catalogue(t, township, "2026-11-02"))

	item := reviewer.approvePower(t, submitted)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
	assert.Equal(t, "1 2026-11-02 清理职权", standing(item))
	assert.Empty(t, item.GetStanding().GetReviews(), "they went into the version")
	assert.Equal(t, []string{"临时占道许可"}, clerk.catalogue(t, township, "2026-11-02"))
	assert.Empty(t, clerk.catalogue(t, township, "2026-11-01"))

	s.Clock.Advance(24 * time.Hour)
	item = clerk.retitlePower(t, item, "占道经营许可")
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_DRAFT, item.GetState())
	assert.Equal(t, "1 2026-11-02 清理职权", standing(item))
	assert.NotEqual(t, hash, item.GetStanding().GetContentSha256())
	item = clerk.submitPower(t, item, enter)
	assert.Equal(t, []string{"临时占道许可"}, clerk.catalogue(t, township, "2026-11-03"))
	item = reviewer.approvePower(t, item)
	assert.Equal(t, "2 2026-11-03 清理职权", standing(item))
	assert.Equal(t, []string{"占道经营许可"}, clerk.catalogue(t, township, "2026-11-03"))
	assert.Equal(t, []string{"临时占道许可"}, clerk.catalogue(t, township, "2026-11-02"))

	item = reviewer.approvePower(t, clerk.submitPower(t, clerk.retitlePower(t, item, "占道许可"), enter))
	assert.Equal(t, "3 2026-11-03 清理职权", standing(item), "changed twice on a day")
	assert.Equal(t, []string{"占道许可"}, clerk.catalogue(t, township, "2026-11-03"))
	reviewer.checkVersions(t, item.GetName(), "3 2026-11-03 清理职权", "2 2026-11-03 清理职权", "1 2026-11-02 清理职权")
}

// checkVersions reads the versions of a power item, the newest first, each with the approval of its content.
func (o office) checkVersions(t *testing.T, name string, want ...string) {
	t.Helper()
	var versions []*riskv1.PowerItem
	req := &riskv1.ListPowerItemVersionsRequest{Name: name, PageSize: 2}
	for {
		page, err := o.powers.ListPowerItemVersions(t.Context(), req)
		require.NoError(t, err)
		versions = append(versions, page.GetPowerItems()...)
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	require.Len(t, versions, len(want))
	for i, version := range versions {
		assert.Equal(t, want[i], standing(version))
		require.Len(t, version.GetStanding().GetReviews(), 1)
		review := version.GetStanding().GetReviews()[0]
		assert.Equal(t, riskv1.ReviewResult_REVIEW_RESULT_APPROVED, review.GetResult())
		assert.Equal(t, county+" 同意 review", review.GetUnit()+" "+review.GetReason()+" "+review.GetStage())
		hash, err := reviews.Hash(version)
		require.NoError(t, err)
		assert.Equal(t, hash, review.GetContentSha256())
	}
}

// standing is the version in force of a power item, its first day and its reason.
func standing(item *riskv1.PowerItem) string {
	s := item.GetStanding()
	return fmt.Sprintf("%d %s %s", s.GetVersion(), s.GetEffectiveOn(), s.GetChangeReason())
}

func TestT12_AnApprovalBindsTheContentRead(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	read := clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter)
	_, err := clerk.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: read, UpdateMask: all})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	returned, err := as(s, "reviewer", suitetest.City).powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{
		Name: read.GetName(), Reason: "依据不明",
	})
	require.NoError(t, err)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_RETURNED, returned.GetState())
	assert.Empty(t, returned.GetStanding().GetReviewStage())
	_, err = reviewer.powers.ApprovePowerItem(t.Context(), approval(read))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")

	again := clerk.submitPower(t, clerk.retitlePower(t, returned, "占道经营许可"), enter)
	require.Len(t, again.GetStanding().GetReviews(), 1, "the return stays to be read")
	assert.Equal(t, read.GetStanding().GetContentSha256(), again.GetStanding().GetReviews()[0].GetContentSha256())
	_, err = reviewer.powers.ApprovePowerItem(t.Context(), approval(read))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "CONTENT_CHANGED")
	_, err = reviewer.powers.ApprovePowerItem(t.Context(), &riskv1.ApprovePowerItemRequest{Name: read.GetName()})
	suitetest.RequireFieldFaults(t, err, map[string]string{"content_sha256": "REQUIRED"})
	reviewer.approvePower(t, again)
	version, err := reviewer.powers.ListPowerItemVersions(t.Context(), &riskv1.ListPowerItemVersionsRequest{Name: read.GetName()})
	require.NoError(t, err)
	assert.Len(t, version.GetPowerItems()[0].GetStanding().GetReviews(), 2, "what led to it, the return too")
}

func TestT12_OnlyOneOfTwoReviewersDecides(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, one, two := as(s, "clerk", township), as(s, "reviewer", county), as(s, "reviewer", suitetest.City)
	for range 5 {
		item := clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter)
		sent := make(chan error, 1)
		go func() {
			_, err := one.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: item.GetName(), Reason: "重填"})
			sent <- err
		}()
		_, approved := two.powers.ApprovePowerItem(t.Context(), approval(item))
		returned := <-sent
		assert.NotEqualf(t, approved == nil, returned == nil, "approve: %v; return: %v", approved, returned)
	}
}

func TestT12_CancelledIsInNoLaterCatalogue(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	s.Clock.Advance(24 * time.Hour)

	item = clerk.submitPower(t, item, end)
	assert.Equal(t, end, item.GetStanding().GetProposal())
	assert.NotEmpty(t, clerk.catalogue(t, township, "2026-11-03"), "in force until it is approved")
	item = reviewer.approvePower(t, item)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, item.GetState())
	assert.Empty(t, clerk.catalogue(t, township, "2026-11-03"))
	assert.Equal(t, []string{"临时占道许可"}, clerk.catalogue(t, township, "2026-11-02"))
	_, err := clerk.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{PowerItem: item, UpdateMask: all})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestT12_DiscardGivesBackWhatIsInForce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	discard := func(item *riskv1.PowerItem) *riskv1.PowerItem {
		answer, err := clerk.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: item.GetName()})
		require.NoError(t, err)
		return answer
	}
	never := discard(clerk.power(t, clerk.licensing(t, township)))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_ENDED, never.GetState())

	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	_, err := clerk.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: item.GetName()})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	changed := clerk.submitPower(t, clerk.retitlePower(t, item, "占道经营许可"), enter)
	_, err = reviewer.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: changed.GetName(), Reason: "不妥"})
	require.NoError(t, err)
	back := discard(changed)
	assert.NotEqual(t, item.GetEtag(), back.GetEtag())
	back.Etag = item.GetEtag()
	back.ReturnCount--
	assert.Equal(t, text(item), text(back), "but for how often it came back")

	submitted := clerk.submitPower(t, item, end)
	_, err = reviewer.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: submitted.GetName(), Reason: "不能取消"})
	require.NoError(t, err)
	back = discard(submitted)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, back.GetState(), "the power stays")
	assert.Equal(t, enter, back.GetStanding().GetProposal())
}

func TestT12_WhatCanNotBeProposedIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	refused := func(item *riskv1.PowerItem, proposal riskv1.Proposal, reason string) {
		t.Helper()
		_, err := clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
			Name: item.GetName(), Proposal: proposal, Reason: "清理职权",
		})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, reason)
		if reason == "ENTRY_INCOMPLETE" {
			suitetest.RequireNamed(t, err, map[string]string{"steps": "REQUIRED"})
		}
	}
	asked := clerk.licensing(t, township)
	asked.Steps = nil
	item := clerk.power(t, asked)
	refused(item, end, "NOT_IN_FORCE")
	refused(item, enter, "ENTRY_INCOMPLETE")

	item = clerk.power(t, clerk.licensing(t, township))
	item = reviewer.approvePower(t, clerk.submitPower(t, item, enter))
	refused(item, enter, "NOTHING_CHANGED")
	item = clerk.retitlePower(t, item, "占道经营许可")
	refused(item, end, "HAS_CHANGES")
	refused(clerk.retitlePower(t, item, "临时占道许可"), enter, "NOTHING_CHANGED")
	clerk.submitPower(t, item, end)
	refused(item, enter, "WRONG_STATE")

	_, err := clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{Name: item.GetName(), Reason: "清理职权"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"proposal": "REQUIRED"})
}

// Stages pass in the order of the scheme of the day, each by its roles. What a stage has passed is passed by it again once the
// power item was sent back.
func TestT12_StagesPassInTheirOrder(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin, clerk := as(s, "administrator", suitetest.City), as(s, "clerk", township)
	handler, reviewer := as(s, "handler", county), as(s, "reviewer", county)
	scheme, err := admin.schemes.GetEffectiveScheme(t.Context(), &riskv1.GetEffectiveSchemeRequest{Unit: township})
	require.NoError(t, err)
	scheme.EffectiveFrom = "2026-11-03"
	scheme.Problems = []*riskv1.Term{{Id: "vague", Title: &typev1.Text{Zh: "不具体", En: "Vague"}}}
	scheme.PowerReview = []*riskv1.ReviewStage{
		{Id: "legal", Title: &typev1.Text{Zh: "法制审核", En: "Legal review"}, Roles: []string{"reviewer"}},
		{Id: "leaders", Title: &typev1.Text{Zh: "领导审定", En: "Decision"}, Roles: []string{"leader"}},
	}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	suitetest.RequireFieldFaults(t, err, map[string]string{"scheme.power_review[1].roles[0]": "UNKNOWN_ROLE"})
	scheme.PowerReview[1].Roles = []string{"administrator"}
	_, err = admin.schemes.CreateScheme(t.Context(), &riskv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)

	item := clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter)
	s.Clock.Advance(24 * time.Hour)
	_, err = handler.powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	item = reviewer.approvePower(t, item)
	assert.Equal(t, "REGISTER_STATE_SUBMITTED leaders", item.GetState().String()+" "+item.GetStanding().GetReviewStage())
	_, err = reviewer.powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	_, err = reviewer.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: item.GetName(), Reason: "不妥"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")

	_, err = admin.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{
		Name: item.GetName(), Reason: "不妥", Problems: []string{"vague", "luck", "vague"},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems[1]": "UNKNOWN_TERM", "problems[2]": "DUPLICATE"})
	item, err = admin.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{
		Name: item.GetName(), Reason: "不妥", Problems: []string{"vague"},
	})
	require.NoError(t, err)
	assert.Len(t, item.GetStanding().GetReviews(), 2)
	_, err = clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: item.GetName(), Proposal: enter, Reason: "再报",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	item = clerk.submitPower(t, clerk.retitlePower(t, item, "占道许可"), enter)
	assert.Equal(t, "legal", item.GetStanding().GetReviewStage(), "anew from the first stage")
	require.Len(t, item.GetStanding().GetReviews(), 1)
	assert.Equal(t, []string{"vague"}, item.GetStanding().GetReviews()[0].GetProblems())
	item = admin.approvePower(t, reviewer.approvePower(t, item))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
}

func TestT12_NobodyReviewsTheirOwnUnitsPowers(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := as(s, "clerk", township)
	item := clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter)
	for _, role := range []string{"reviewer", "administrator"} {
		own := as(s, role, township)
		_, err := own.powers.ApprovePowerItem(t.Context(), approval(item))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
		_, err = own.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: item.GetName(), Reason: "重填"})
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	}
	_, err := as(s, "reviewer", other).powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = as(s, "administrator", county).powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: item, UpdateMask: all,
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_UNIT_ONLY")

	city := as(s, "administrator", suitetest.City)
	root := city.submitPower(t, city.power(t, city.licensing(t, suitetest.City)), enter)
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, city.second.approvePower(t, root).GetState(), "none is above the root")
}

func TestT12_UnitsAreToldWhatTheReviewCameTo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	clerk.submitPower(t, item, end)
	_, err := reviewer.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: item.GetName(), Reason: "不妥"})
	require.NoError(t, err)
	item, err = clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: item.GetName(), Proposal: end, Reason: "法规已废止",
	})
	require.NoError(t, err)
	reviewer.approvePower(t, item)
	assert.Equal(t, []string{"inbox.entry_submitted", "inbox.entry_end_submitted", "inbox.entry_end_submitted"},
		told(t, s, "clerk", county, item.GetName(), 3))
	assert.Equal(t, []string{"inbox.entry_in_force", "inbox.entry_returned", "inbox.entry_ended"},
		told(t, s, "clerk", township, item.GetName(), 3))
}

// told are the kinds of messages about a power item in a unit's inbox, the oldest first, once there are so many. Each has its
// title.
func told(t *testing.T, s *suitetest.Suite, role, unit, name string, n int) (kinds []string) {
	t.Helper()
	inbox := networkv1.NewInboxServiceClient(s.As(role, unit))
	require.Eventually(t, func() bool {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		kinds = nil
		for _, m := range listed.GetMessages() {
			if m.GetResource() == name {
				kinds = append([]string{m.GetKind()}, kinds...)
				assert.Contains(t, m.GetTitle(), "临时占道许可")
			}
		}
		return len(kinds) >= n
	}, time.Minute, 50*time.Millisecond)
	return kinds
}

func TestJ1_PowerIsEnteredAfterItsLegalReview(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, legal := as(s, "section", markets), as(s, "legal_office", commerce)
	asked := section.licensing(t, markets)
	asked.Kind = "approval"
	item := section.submitPower(t, section.power(t, asked), enter)
	assert.Equal(t, "legal", item.GetStanding().GetReviewStage())

	_, err := section.powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = as(s, "leading_group_office", commerce).powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "WRONG_REVIEWER")
	_, err = as(s, "legal_office", markets).powers.ApprovePowerItem(t.Context(), approval(item))
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_ENTRY")
	_, err = legal.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{
		Name: item.GetName(), Reason: "请写明条款", Problems: []string{"basis_missing"},
	})
	require.NoError(t, err)
	item, err = section.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{Name: item.GetName(), LegalBasis: "《城市道路管理条例》第三十一条"},
	})
	require.NoError(t, err)
	item = legal.approvePower(t, section.submitPower(t, item, enter))
	assert.Equal(t, riskv1.RegisterState_REGISTER_STATE_IN_FORCE, item.GetState())
	assert.Len(t, section.catalogue(t, markets, "2026-11-02"), 1)
}

func TestJ1_ACourtClearsPowersByPositionProcedureAndRegime(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	division, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	for _, kind := range []string{"position", "procedure", "regime"} {
		asked := division.licensing(t, courtCivil)
		asked.Kind, asked.Title = kind, kind
		item := division.submitPower(t, division.power(t, asked), enter)
		_, err := as(s, "court_leaders", court).powers.ApprovePowerItem(t.Context(), approval(item))
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
		group.approvePower(t, item)
	}
	assert.Equal(t, []string{"position", "procedure", "regime"}, group.catalogue(t, court, "2026-11-02"))
}

func TestT12_AStepStaysWhileARiskPointInForceLiesInIt(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	power := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	asked := riskPoint(township, 2, 2, 3)
	asked.Regime, asked.PowerItem, asked.Step = "", power.GetName(), "decide"
	reviewer.approve(t, clerk.submit(t, clerk.point(t, asked)))
	steps := power.GetSteps()
	steps[0].Edges = []*riskv1.Edge{{Step: "issue"}}
	power, err := clerk.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem:  &riskv1.PowerItem{Name: power.GetName(), Steps: []*riskv1.Step{steps[0], steps[2]}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"steps"}},
	})
	require.NoError(t, err)
	_, err = clerk.powers.SubmitPowerItem(t.Context(), &riskv1.SubmitPowerItemRequest{
		Name: power.GetName(), Proposal: enter, Reason: "简化流程",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "STEP_HAS_RISK_POINTS")
	assert.Equal(t, "decide", suitetest.Metadata(err)["step"])
	require.ErrorContains(t, err, "环节“审批”")
}

// A step that is only written may never be in force.
func TestT12_J1_ARiskPointLiesInAStepInForce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	power := reviewer.approvePower(t, clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter))
	in := func(step string) *riskv1.RiskPoint {
		asked := riskPoint(township, 2, 2, 3)
		asked.Regime, asked.PowerItem, asked.Step = "", power.GetName(), step
		return asked
	}
	pending := clerk.submit(t, clerk.point(t, in("decide")))
	steps := power.GetSteps()
	steps[0].Edges, steps[2].Edges = []*riskv1.Edge{{Step: "issue"}}, []*riskv1.Edge{{Step: "archive"}}
	changed, err := clerk.powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
		PowerItem: &riskv1.PowerItem{
			Name: power.GetName(), Steps: []*riskv1.Step{steps[0], steps[2], {Id: "archive", Title: "归档", Actor: "档案室"}},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"steps"}},
	})
	require.NoError(t, err)
	_, err = clerk.points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: in("archive")})
	suitetest.RequireFieldFaults(t, err, map[string]string{"risk_point.step": "UNKNOWN_STEP"})
	reviewer.approvePower(t, clerk.submitPower(t, changed, enter))
	clerk.point(t, in("archive"))
	_, err = reviewer.points.ApproveRiskPoint(t.Context(), pass(pending))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_OUTDATED")
	suitetest.RequireNamed(t, err, map[string]string{"step": "UNKNOWN_STEP"})
	reviewer.sendBack(t, pending, "环节已取消")
}

func TestT5_AnOwnerWhoseRankChangedIsFoundByTheLastReviewer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	pending := clerk.submit(t, clerk.point(t, riskPoint(township, 2, 2, 3)))
	rank := func(rank string) {
		_, err := clerk.positions.UpdatePosition(t.Context(), &riskv1.UpdatePositionRequest{
			Position: &riskv1.Position{Name: pending.GetOwnerPosition(), Rank: rank}, Reason: "机构编制批复",
		})
		require.NoError(t, err)
	}
	rank("staff")
	_, err := reviewer.points.ApproveRiskPoint(t.Context(), pass(pending))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "ENTRY_OUTDATED")
	suitetest.RequireNamed(t, err, map[string]string{"owner_position": "WRONG_RANK"})
	rank("section_head")
	reviewer.approve(t, pending)
}

func TestT12_APowerThatCameBackComesAgainWithAFile(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, reviewer := as(s, "clerk", township), as(s, "reviewer", county)
	item := clerk.submitPower(t, clerk.power(t, clerk.licensing(t, township)), enter)
	_, err := reviewer.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{Name: item.GetName(), Reason: "请附依据"})
	require.NoError(t, err)
	again := &riskv1.SubmitPowerItemRequest{Name: item.GetName(), Proposal: enter, Reason: "再报"}
	_, err = clerk.powers.SubmitPowerItem(t.Context(), again)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "RETURNED_UNCHANGED")
	s.Clock.Advance(time.Minute)
	clerk.attach(t, item.GetName())
	_, err = clerk.powers.SubmitPowerItem(t.Context(), again)
	require.NoError(t, err)
}

// Why powers come back is counted by unit as it is of risk points, and what is common to several is named by them (J4).
func TestJ4_ReturnedPowersAreCountedByTheirProblems(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "j", court)
	division, group := as(s, "division", courtCivil), as(s, "discipline_group", court)
	hand := func(o office, title string) *riskv1.PowerItem {
		asked := o.licensing(t, o.unit)
		asked.Kind, asked.Title = "procedure", title
		return o.submitPower(t, o.power(t, asked), enter)
	}
	sendBack := func(item *riskv1.PowerItem, problems ...string) *riskv1.PowerItem {
		back, err := group.powers.ReturnPowerItem(t.Context(), &riskv1.ReturnPowerItemRequest{
			Name: item.GetName(), Reason: "请写明条款", Problems: problems,
		})
		require.NoError(t, err)
		return back
	}
	listed := func(problem string) (titles []string) {
		list, err := group.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: court, Problems: []string{problem}})
		require.NoError(t, err)
		for _, item := range list.GetPowerItems() {
			titles = append(titles, item.GetTitle())
		}
		return titles
	}
	filed, sealed := hand(division, "立案"), hand(as(s, "division", courtAdmin), "用印")
	filed = sendBack(filed, "basis_missing")
	filed = sendBack(division.submitPower(t, division.retitlePower(t, filed, "登记立案"), enter), "basis_missing", "formality")
	sealed = sendBack(sealed, "basis_missing")
	hand(division, "开庭")
	assert.Equal(t, []string{"basis_missing", "formality"}, filed.GetProblems())
	assert.EqualValues(t, 2, filed.GetReturnCount())
	assert.ElementsMatch(t, []string{"登记立案", "用印"}, listed("basis_missing"))
	assert.Equal(t, []string{"登记立案"}, listed("formality"))
	_, err := group.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: court, Problems: []string{"dull"}})
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems": "UNKNOWN_TERM"})
	_, err = group.powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{
		Unit: court, Problems: []string{"basis_missing"}, AsOf: "2026-11-02",
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"problems": "CONTRADICTION"})

	counted := func() (problems []string, returns int64) {
		answer, err := group.powers.CountPowerItems(t.Context(), &riskv1.CountPowerItemsRequest{Unit: court})
		require.NoError(t, err)
		for _, p := range answer.GetProblems() {
			problems = append(problems, fmt.Sprint(p.GetUnit(), " ", p.GetProblem(), " ", p.GetCount()))
		}
		for _, count := range answer.GetCounts() {
			returns += count.GetReturnCount()
		}
		return problems, returns
	}
	want := []string{courtAdmin + " basis_missing 1", courtCivil + " basis_missing 1", courtCivil + " formality 1"}
	problems, returns := counted()
	assert.ElementsMatch(t, want, problems, "once, however often it came back for the same")
	assert.EqualValues(t, 3, returns)

	named, err := group.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: &riskv1.CommonProblem{
		Unit: court, Title: "缺少依据", Description: "没有写明条款", Problem: "basis_missing", SeenIn: []string{courtCivil, courtAdmin},
		PowerItems: []string{filed.GetName(), sealed.GetName()},
	}})
	require.NoError(t, err)
	assert.Len(t, named.GetPowerItems(), 2)

	group.approvePower(t, division.submitPower(t, division.retitlePower(t, filed, "审查立案"), enter))
	division.retitlePower(t, filed, "立案登记")
	kept, err := division.powers.DiscardPowerItemDraft(t.Context(), &riskv1.DiscardPowerItemDraftRequest{Name: filed.GetName()})
	require.NoError(t, err)
	assert.Equal(t, "审查立案 [basis_missing formality] 2",
		fmt.Sprint(kept.GetTitle(), " ", kept.GetProblems(), " ", kept.GetReturnCount()))
	problems, _ = counted()
	assert.ElementsMatch(t, want, problems, "what came back stays counted")
}
