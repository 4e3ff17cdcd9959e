package network_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC2_C3_C8_RefusalsSayWhatIsAllowedAndByWhom reads what people of the profile are told, in both languages.
func TestC2_C3_C8_RefusalsSayWhatIsAllowedAndByWhom(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, informant := s.As("clerk", networktest.Township), s.As("informant", networktest.City)
	for name, tc := range map[string]struct {
		call   func(context.Context) error
		code   codes.Code
		zh, en string
	}{
		"NO_UNIT_ABOVE": {
			func(ctx context.Context) error {
				content := networktest.ValidTip()
				content.Unit, content.AboutLeaders = networktest.City, true
				_, err := networkv1.NewTipServiceClient(informant).SubmitTip(ctx, &networkv1.SubmitTipRequest{Content: content})
				return err
			}, codes.FailedPrecondition, "请直接向省纪委反映", "please take it to the provincial commission",
		},
		"NOT_DELEGATED": {
			func(ctx context.Context) error {
				_, err := networkv1.NewUnitServiceClient(clerk).CreateUnit(ctx, &networkv1.CreateUnitRequest{
					UnitId: "office", Unit: &networkv1.Unit{
						Parent: networktest.Township, Title: "经管站", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT,
						Level: typev1.Level_LEVEL_TOWNSHIP,
					},
				})
				return err
			}, codes.FailedPrecondition, "按方案可由以下单位办理：马鞍山市", "by the scheme these may: 马鞍山市",
		},
		"WRONG_TIER": {
			func(ctx context.Context) error {
				_, err := networkv1.NewOfficerServiceClient(clerk).AppointOfficer(ctx, &networkv1.AppointOfficerRequest{
					Officer: networktest.Officer(networktest.Township, networktest.Township,
						networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER),
				})
				return err
			}, codes.FailedPrecondition, "按方案可由以下单位聘任：马鞍山市", "by the scheme these may: 马鞍山市",
		},
		"PERMISSION_DENIED": {
			func(ctx context.Context) error {
				_, err := networkv1.NewOfficerServiceClient(informant).AppointOfficer(ctx, &networkv1.AppointOfficerRequest{
					Officer: networktest.Officer(networktest.City, networktest.Township, networkv1.OfficerType_OFFICER_TYPE_REGULAR),
				})
				return err
			}, codes.PermissionDenied, "本单位有此权限的角色：单位经办人、预警工作站经办人", "at your unit these roles may: Unit clerk, Workstation handler",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for lang, says := range map[string]string{"zh-CN": tc.zh, "en": tc.en} {
				err := tc.call(metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang))
				suitetest.RequireRefused(t, err, tc.code, name)
				assert.Contains(t, status.Convert(err).Message(), says)
			}
		})
	}
}

// TestC3_WrongTierNamesAnAdministratorWhereNobodyMayAppoint asks for a duty reporter of a village, whom the scheme lets nobody appoint.
func TestC3_WrongTierNamesAnAdministratorWhereNobodyMayAppoint(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for lang, says := range map[string]string{
		"zh-CN": "按方案可由以下单位聘任：无（可由管理员修改方案）。",
		"en":    "by the scheme these may: none until an administrator changes the scheme.",
	} {
		_, err := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township)).AppointOfficer(
			metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang), &networkv1.AppointOfficerRequest{
				Officer: networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER),
			})
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_TIER")
		assert.Contains(t, status.Convert(err).Message(), says)
	}
}

// TestC8_WrongStateSaysWhatIsPossibleAndForWhom reads the refusal as the handling unit and as the sender.
func TestC8_WrongStateSaysWhatIsPossibleAndForWhom(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	sent := networktest.SubmitTip(t, s, networktest.County, networktest.ValidTip())
	handler := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))
	name := networktest.OnlyTip(t, s, networktest.Township).GetName()
	english := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "en")

	_, err := networkv1.NewTipServiceClient(s.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
		Receipt: sent.GetReceipt(), Content: networktest.ValidTip(),
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Contains(t, status.Convert(err).Message(), "“待受理”状态下不能进行“重新报送”。您可以：附上原件；其他有权办理者可以：退回、受理、转办、")

	_, err = handler.CloseTip(english, &networkv1.CloseTipRequest{Name: name, Outcome: "solved", Reason: "已解决。"})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	assert.Contains(t, status.Convert(err).Message(), `In the state "received" nobody can close. You may: return, accept, pass on, `)
	assert.Contains(t, status.Convert(err).Message(), "; whoever it falls to may: enclose an original, complete an upload, record an onward report.")
}
