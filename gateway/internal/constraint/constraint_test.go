package constraint_test

import (
	"encoding/json"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/constraint"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

func TestRulesOfTheProtosStandInTheSchema(t *testing.T) {
	t.Parallel()
	text := func() map[string]any { return map[string]any{"type": "string"} }
	list := func() map[string]any { return map[string]any{"type": "array", "items": text()} }
	position := (&riskv1.Position{}).ProtoReflect().Descriptor()
	for name, test := range map[string]struct {
		message protoreflect.MessageDescriptor
		field   protoreflect.Name
		schema  map[string]any
		want    string
	}{
		"a required reference": {
			position, "unit", text(),
			`{"examples":["units/340500"],"minLength":1,"pattern":"^units/[a-z0-9][A-Za-z0-9_.-]{0,159}$","type":"string"}`,
		},
		"a name": {
			position, "name", text(),
			`{"examples":["positions/01a21c24741f7e4d9e6abec5b02f55f4"],` +
				`"pattern":"^(positions/[a-z0-9][A-Za-z0-9_.-]{0,159})?$","type":"string"}`,
		},
		"a text": {position, "title", text(), `{"maxLength":100,"minLength":1,"type":"string"}`},
		"a list": {position, "holders", list(), `{"items":{"type":"string"},"maxItems":100,"type":"array"}`},
		"a number": {
			(&networkv1.ListTipsRequest{}).ProtoReflect().Descriptor(), "page_size",
			map[string]any{"type": "integer"},
			`{"maximum":1000,"minimum":0,"type":"integer"}`,
		},
		"bytes, as base64": {(&typev1.UploadPartRequest{}).ProtoReflect().Descriptor(), "data", map[string]any{
			"type":   "string",
			"format": "byte",
		}, `{"format":"byte","maxLength":699052,"minLength":4,"type":"string"}`},
		"a request's id": {
			(&networkv1.SubmitTipRequest{}).ProtoReflect().Descriptor(), "request_id", text(),
			`{"examples":["6f1c2f0e-5b1e-4d64-9a55-0d9c7f1d2a11"],"format":"uuid","type":"string"}`,
		},
		"items of a list":   {(&networkv1.BatchGetUnitsRequest{}).ProtoReflect().Descriptor(), "names", list(), `{"items":{"examples":["units/340500"],"pattern":"^units/[a-z0-9][A-Za-z0-9_.-]{0,159}$","type":"string"},"maxItems":1000,"minItems":1,"type":"array"}`},
		"a date, or none":   {(&riskv1.PositionHolder{}).ProtoReflect().Descriptor(), "until", text(), `{"examples":["2026-11-23"],"pattern":"^((19|2[01])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$","type":"string"}`},
		"an id in the path": {nil, "units", text(), `{"examples":["340500"],"minLength":1,"type":"string"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.message == nil {
				constraint.InPath(test.schema, string(test.field))
			} else {
				constraint.Add(test.schema, test.message.Fields().ByName(test.field))
			}
			got, err := json.Marshal(test.schema)
			if err != nil || string(got) != test.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, test.want)
			}
		})
	}
}
