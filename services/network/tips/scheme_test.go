package tips_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

//nolint:paralleltest,tparallel // the cases share one suite
func TestC8_FaultyRulesOfASchemeAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := networkv1.NewSchemeServiceClient(s.As("administrator", networktest.City))
	scheme, err := admin.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(*networkv1.Scheme)
		named []string
	}{
		"a rule for no channel": {func(s *networkv1.Scheme) { s.ChannelRules[0].Id = "pigeon" }, []string{
			"scheme.channel_rules[0].id",
		}},
		"two rules for one": {func(s *networkv1.Scheme) { s.ChannelRules[1].Id = s.GetChannelRules()[0].GetId() }, []string{
			"scheme.channel_rules[1].id",
		}},
		"one type twice": {func(s *networkv1.Scheme) {
			s.AttachmentRules.Types[1].Id = s.GetAttachmentRules().GetTypes()[0].GetId()
		}, []string{"scheme.attachment_rules.types[1].id"}},
		"files without end": {func(s *networkv1.Scheme) { s.AttachmentRules.MaxBytes = 1 << 40 }, []string{
			"scheme.attachment_rules.max_bytes",
		}},
		"no media type": {func(s *networkv1.Scheme) { s.AttachmentRules.Types[0].Id = "jpeg" }, []string{
			"scheme.attachment_rules.types[0].id",
		}},
		"points below none": {func(s *networkv1.Scheme) { s.QualityPoints[0] = -1 }, []string{"scheme.quality_points[0]"}},
		"one kind twice": {func(s *networkv1.Scheme) { s.InquiryKinds[1].Id = s.GetInquiryKinds()[0].GetId() }, []string{
			"scheme.inquiry_kinds[1].id",
		}},
		"extensions by nothing": {func(s *networkv1.Scheme) { s.TipLimits.CloseLeeway.ExtendBy = nil }, []string{
			"scheme.tip_limits.close_leeway.extend_by",
		}},
		"pauses of no length": {func(s *networkv1.Scheme) { s.TipLimits.CloseLeeway.PauseDays = 0 }, []string{
			"scheme.tip_limits.close_leeway.pause_days",
		}},
		"pauses without end": {
			func(s *networkv1.Scheme) { s.TipLimits.CloseLeeway.Pauses, s.TipLimits.CloseLeeway.PauseDays = 21, 367 },
			[]string{"scheme.tip_limits.close_leeway.pauses", "scheme.tip_limits.close_leeway.pause_days"},
		},
		"days below none": {func(s *networkv1.Scheme) { s.TipLimits.Accept.Days = -1 }, []string{
			"scheme.tip_limits.accept.days",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			spoilt := proto.CloneOf(scheme)
			spoilt.EffectiveFrom = "2026-12-01"
			c.spoil(spoilt)
			_, err := admin.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: spoilt})
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
		})
	}
}
