package typev1_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

func TestAMessageIsAsLargeAsItsRulesAllow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		message     proto.Message
		least, most int
	}{
		{&networkv1.GetUnitRequest{}, typev1.SmallMessage, typev1.SmallMessage},
		{&typev1.UploadPartRequest{}, 512 << 10, 600 << 10},
		{&networkv1.BatchGetUnitsRequest{}, typev1.SmallMessage, 512 << 10},
		{&networkv1.BatchCreateUnitsRequest{}, typev1.LargestMessage, typev1.LargestMessage},
	} {
		descriptor := c.message.ProtoReflect().Descriptor()
		for range 2 { // reckoned, and remembered
			if size := typev1.MaxSize(descriptor); size < c.least || size > c.most {
				t.Errorf("%s: %d bytes", descriptor.Name(), size)
			}
		}
	}
}

func TestPartsOfAMessageAreCountedBeforeItIsDecoded(t *testing.T) {
	t.Parallel()
	request := (&networkv1.BatchCreateUnitsRequest{}).ProtoReflect().Descriptor()
	part := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), nil)
	if typev1.HasTooManyParts(bytes.Repeat(part, typev1.MostParts), request) {
		t.Error("as many as there may be")
	}
	if !typev1.HasTooManyParts(bytes.Repeat(part, typev1.MostParts+1), request) {
		t.Error("one more than there may be")
	}
	if typev1.HasTooManyParts(bytes.Repeat([]byte{0xff}, 3*typev1.MostParts), request) {
		t.Error("what is no message is not for us to say")
	}
}
