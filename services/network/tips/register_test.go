package tips_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// registration is what a township enters about a village, and nothing is wrong with it.
func registration() *networkv1.RegisterTipRequest {
	content := networktest.ValidTip()
	content.Channel = "visit"
	return &networkv1.RegisterTipRequest{
		Unit: networktest.Township, Content: content, ReceivedOn: "2026-10-30", ReceivedBy: "王登记",
		Sender: &networkv1.TipSender{Name: "来访人甲", Contact: "村东头"},
	}
}

func TestC1_C9_TipsNameAUnitToComeFromItsFirstDayOnly(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewUnitServiceClient(s.As(access.Administrator, suitetest.City)).CreateUnit(t.Context(),
		&networkv1.CreateUnitRequest{UnitId: "new_town", Unit: &networkv1.Unit{
			Title: "新镇", Kind: networkv1.UnitKind_UNIT_KIND_REPORTING_POINT, Level: typev1.Level_LEVEL_TOWNSHIP,
			Parent: suitetest.City, EffectiveFrom: "2026-12-10",
		}})
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for field, name := range map[string]func(*networkv1.RegisterTipRequest){
		"content.unit": func(r *networkv1.RegisterTipRequest) { r.Content.Unit = "units/new_town" },
		"sending_unit": func(r *networkv1.RegisterTipRequest) { r.SendingUnit = "units/new_town" },
	} {
		req := registration()
		name(req)
		_, err = clerk.RegisterTip(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument)
		suitetest.RequireNamed(t, err, map[string]string{field: "UNIT_TO_COME"})
	}
	_, err = clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township, AboutUnit: "units/new_town"})
	suitetest.RequireFieldFaults(t, err, map[string]string{"about_unit": "UNIT_TO_COME"})
}

func TestC9_StaffRegisterTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	answer, err := clerk.RegisterTip(t.Context(), registration())
	require.NoError(t, err)
	assert.Equal(t, networktest.Township, answer.GetHandlingUnit(), "a unit above the one concerned handles what reached it")

	tip := networktest.OnlyTip(t, s, networktest.Township)
	assert.Equal(t, answer.GetTip(), tip.GetName())
	assert.Equal(t, "2026-10-30", tip.GetRegistration().GetReceivedOn())
	assert.Equal(t, "王登记", tip.GetRegistration().GetReceivedBy())
	assert.Equal(t, "2026-11-06", tip.GetAcceptBy().GetDue(),
		"five working days from the day it came, not from that it was entered")
	assert.NotContains(t, tip.String(), "来访人甲")

	seen, err := networkv1.NewTipServiceClient(s.Unauthenticated()).FollowTip(t.Context(), &networkv1.FollowTipRequest{
		Receipt: answer.GetReceipt(),
	})
	require.NoError(t, err, "the visitor follows it with the receipt")
	assert.Equal(t, networkv1.TipState_TIP_STATE_RECEIVED, seen.GetState())
}

func TestC9_RegisteredTipAboutOwnLeadersGoesAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	req := registration()
	req.Content.Unit, req.Content.AboutLeaders = networktest.Township, true
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for _, recipient := range []string{"", networktest.Township} {
		req.Recipient = recipient
		answer, err := clerk.RegisterTip(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, networktest.County, answer.GetHandlingUnit())
		_, err = clerk.GetTip(t.Context(), &networkv1.GetTipRequest{Name: answer.GetTip()})
		networktest.Refused(t, err, codes.NotFound)
	}
	listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips())
	req.Content.AboutLeaders = false
	for _, recipient := range []string{"", networktest.Township} {
		req.Recipient = recipient
		answer, err := clerk.RegisterTip(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, networktest.County, answer.GetHandlingUnit(),
			"a unit is not the first to handle what it enters about itself")
	}
	req = registration()
	req.Unit, req.Content.Unit = networktest.City, networktest.City
	_, err = networkv1.NewTipServiceClient(s.As("handler", networktest.City)).RegisterTip(t.Context(), req)
	require.NoError(t, err, "nobody is above the root")
	req.Content.AboutLeaders = true
	_, err = networkv1.NewTipServiceClient(s.As("handler", networktest.City)).RegisterTip(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_UNIT_ABOVE")
	require.ErrorContains(t, err, "省纪委", "and says who takes it")
}

func TestC8_TipNamingALeadersPostIsAboutLeaders(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, networktest.City)).UpdateUnit(t.Context(),
		&networkv1.UpdateUnitRequest{
			Reason: "明确责任", UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible", "leader_in_charge"}},
			Unit: &networkv1.Unit{Name: networktest.Township, FirstResponsible: "党委书记", LeaderInCharge: "纪委书记"},
		})
	require.NoError(t, err)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for _, c := range []struct{ position, handler string }{
		{" 党委书记", networktest.County}, {"纪委书记", networktest.County}, {"会计", networktest.Township}, {"", networktest.Township},
	} {
		req := registration()
		req.Unit, req.Recipient, req.Content.Unit, req.Content.Position = networktest.Village, networktest.Township,
			networktest.Township, c.position
		answer, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Village)).RegisterTip(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, c.handler, answer.GetHandlingUnit(), c.position)
	}
	content := about(networktest.Township, false)
	content.Position = "党委书记"
	_, err = networkv1.NewTipServiceClient(s.As("informant", networktest.Village)).SubmitTip(t.Context(),
		&networkv1.SubmitTipRequest{Recipient: networktest.Township, Content: content})
	require.NoError(t, err)
	listed, err := clerk.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(t, err)
	assert.Len(t, listed.GetTips(), 2, "those that name no leader")
	tip, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.County)).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
	require.NoError(t, err)
	assert.True(t, tip.GetContent().GetAboutLeaders())
}

func TestC9_RegisteringForAnotherUnitIsRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	_, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.County)).RegisterTip(t.Context(), registration())
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = networkv1.NewTipServiceClient(s.As("clerk", networktest.OtherTownship)).RegisterTip(t.Context(), registration())
	networktest.Refused(t, err, codes.NotFound)
	_, err = networkv1.NewTipServiceClient(s.As("informant", networktest.Township)).RegisterTip(t.Context(), registration())
	networktest.Refused(t, err, codes.PermissionDenied)
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestC9_FaultyRegistrationsAreRefusedWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) {
		scheme.ChannelRules = slices.DeleteFunc(scheme.GetChannelRules(), func(rule *networkv1.ChannelRule) bool {
			return rule.GetId() == "web" || rule.GetId() == "sms"
		})
	})
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	for name, c := range map[string]struct {
		spoil func(*networkv1.RegisterTipRequest)
		named []string
	}{
		"a day to come": {
			func(r *networkv1.RegisterTipRequest) { r.ReceivedOn = "2026-11-03" },
			[]string{"received_on"},
		},
		"before there was a scheme": {
			func(r *networkv1.RegisterTipRequest) { r.ReceivedOn, r.Content.OccurredOn = "1990-01-01", "" },
			[]string{"received_on"},
		},
		"no such day": {
			func(r *networkv1.RegisterTipRequest) { r.ReceivedOn = "2026-02-30" },
			[]string{"received_on"},
		},
		"happened after it came": {func(r *networkv1.RegisterTipRequest) { r.Content.OccurredOn = "2026-10-31" }, []string{
			"content.occurred_on",
		}},
		"a channel of senders": {
			func(r *networkv1.RegisterTipRequest) { r.Content.Channel = "web" },
			[]string{"content.channel"},
		},
		"no channel of any": {
			func(r *networkv1.RegisterTipRequest) { r.Content.Channel = "pigeon" },
			[]string{"content.channel"},
		},
		"nobody took it in": {func(r *networkv1.RegisterTipRequest) { r.ReceivedBy = "" }, []string{"received_by"}},
		"several at once": {func(r *networkv1.RegisterTipRequest) {
			r.ReceivedOn, r.Content.SubjectArea, r.Content.Channel = "2027-01-01", "gossip", "sms"
		}, []string{"received_on", "content.subject_area", "content.channel"}},
		"hostile sender": {
			func(r *networkv1.RegisterTipRequest) { r.Sender.Name, r.Sender.Contact = "a\u202eb", "c\x07" },
			[]string{"sender.name", "sender.contact"},
		},
		"over-long sender": {
			func(r *networkv1.RegisterTipRequest) { r.Sender.Name = strings.Repeat("长", 41) },
			[]string{"sender.name"},
		},
		"sideways": {
			func(r *networkv1.RegisterTipRequest) { r.Recipient = networktest.OtherTownship },
			[]string{"recipient"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			req := registration()
			c.spoil(req)
			_, err := clerk.RegisterTip(t.Context(), req)
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
			for _, secret := range []string{"来访人甲", "村东头"} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
	listed, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Empty(t, listed.GetTips(), "nothing was stored")
}

// TestC9_SenderOfARegisteredTipIsStoredSealed looks in every table; the staff stand in the journal alone.
func TestC9_SenderOfARegisteredTipIsStoredSealed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	named, anonymous := registration(), registration()
	named.Sender = &networkv1.TipSender{Name: "xyzzy" + strings.Repeat("\"", 35), Contact: "plugh" + strings.Repeat("龘", 55)}
	anonymous.Sender = nil
	for _, req := range []*networkv1.RegisterTipRequest{named, anonymous} {
		req.RequestId = uuid.NewString()
		first, err := clerk.RegisterTip(t.Context(), req)
		require.NoError(t, err)
		again, err := clerk.RegisterTip(t.Context(), req)
		require.NoError(t, err)
		assert.Equal(t, first.GetReceipt(), again.GetReceipt())
	}
	conn := networktest.Database(t, s)
	for _, table := range []string{"tips", "tip_sources", "journal", "stored_responses", "messages"} {
		all := networktest.TableText(t, conn, table)
		for _, secret := range []string{"xyzzy", "plugh"} {
			assert.NotContains(t, all, secret, "in %s", table)
		}
	}
	var sizes, actors int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(DISTINCT length(sealed)) FROM network.tip_sources").Scan(&sizes))
	assert.Equal(t, 1, sizes, "a named sender's seal is as long as that of nobody")
	require.NoError(t, conn.QueryRow(t.Context(),
		"SELECT count(*) FROM network.journal WHERE event LIKE '%RegisterTip' AND actor = 'accounts/clerk.340503001'").Scan(
		&actors,
	))
	assert.Equal(t, 2, actors, "who entered it is recorded")
}

func TestC6_WhatStaffEnterOfAnOfficerCameWhileInOffice(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	officer := networktest.Appoint(t, s, networktest.Township, networktest.Village).GetName()
	_, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).DismissOfficer(t.Context(),
		&networkv1.DismissOfficerRequest{Name: officer, Reason: "长期不履职。"})
	require.NoError(t, err)
	s.Clock.Advance(100 * 24 * time.Hour)
	enter := func(receivedOn string) error {
		content := networktest.ValidTip()
		content.Channel, content.OccurredOn = "contact_card", ""
		_, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).RegisterTip(t.Context(),
			&networkv1.RegisterTipRequest{
				Unit: networktest.Township, Content: content, ReceivedOn: receivedOn, ReceivedBy: "王登记",
				Sender: &networkv1.TipSender{Officer: officer},
			})
		return err
	}
	require.NoError(t, enter("2026-11-01"), "a card of the day before")
	require.NoError(t, enter("2026-11-02"), "on the day of the dismissal the officer was in office until that moment")
	networktest.Refused(t, enter("2026-11-03"), codes.InvalidArgument, "sender.officer")
	networktest.Refused(t, enter("2027-01-15"), codes.InvalidArgument, "sender.officer")
	networktest.Refused(t, enter("2025-12-31"), codes.InvalidArgument, "sender.officer", "received_on")
}
