package httpconn

import (
	"net/url"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

func TestABodyThatIsOneFieldLeavesTheRest(t *testing.T) {
	t.Parallel()
	request := &riskv1.UpdateRiskPointRequest{RiskPoint: &riskv1.RiskPoint{Unit: "units/1"}, RequestId: "r"}
	body, ok := takeBody(request.ProtoReflect(), "risk_point").(*riskv1.RiskPoint)
	if !ok || body.GetUnit() != "units/1" || request.GetRiskPoint() != nil || request.GetRequestId() != "r" {
		t.Errorf("body %v, rest %v", body, request)
	}
}

func TestPathsOfAMaskStandAsInTheProto(t *testing.T) {
	t.Parallel()
	mask := &fieldmaskpb.FieldMask{Paths: []string{"first_responsible", "title"}}
	field := (&networkv1.UpdateUnitRequest{}).ProtoReflect().Descriptor().Fields().ByName("update_mask")
	query := url.Values{}
	if err := addField(query, "updateMask", field, protoreflect.ValueOfMessage(mask.ProtoReflect())); err != nil {
		t.Fatal(err)
	}
	if got := query.Get("updateMask"); got != "first_responsible,title" {
		t.Errorf("query: %s", got)
	}
}
