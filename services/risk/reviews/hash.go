package reviews

import (
	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// Hash is the SHA-256, in hexadecimal digits, of what clients write of an entry, as canonical JSON (RFC 8785), so that anybody
// can count it from what the API answers.
func Hash(entry proto.Message) (string, error) { return canonical.SHA256(written(entry)) }

// gistHash is the same of what is said, however it is spaced and punctuated.
func gistHash(entry proto.Message) (string, error) {
	return canonical.SHA256(prose.GistOf(written(entry)))
}

// written is what clients write of an entry.
func written(entry proto.Message) proto.Message {
	written := proto.Clone(entry)
	fieldbehavior.ClearFields(written, annotations.FieldBehavior_OUTPUT_ONLY, annotations.FieldBehavior_IDENTIFIER)
	if etag := written.ProtoReflect().Descriptor().Fields().ByName("etag"); etag != nil {
		written.ProtoReflect().Clear(etag)
	}
	return written
}
