package reviews

import (
	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
)

// Hash is the SHA-256, in hexadecimal digits, of what clients write of an entry, as canonical JSON (RFC 8785), so that anybody
// can count it from what the API answers.
func Hash(entry proto.Message) (string, error) {
	written := proto.Clone(entry)
	fieldbehavior.ClearFields(written, annotations.FieldBehavior_OUTPUT_ONLY, annotations.FieldBehavior_IDENTIFIER)
	if etag := written.ProtoReflect().Descriptor().Fields().ByName("etag"); etag != nil {
		written.ProtoReflect().Clear(etag)
	}
	return canonical.SHA256(written)
}
