package reviews

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/gowebpki/jcs"
	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Hash is the SHA-256, in hexadecimal digits, of what clients write of an entry, as canonical JSON (RFC 8785), so that anybody
// can count it from what the API answers.
func Hash(entry proto.Message) (string, error) {
	written := proto.Clone(entry)
	fieldbehavior.ClearFields(written, annotations.FieldBehavior_OUTPUT_ONLY, annotations.FieldBehavior_IDENTIFIER)
	if etag := written.ProtoReflect().Descriptor().Fields().ByName("etag"); etag != nil {
		written.ProtoReflect().Clear(etag)
	}
	text, err := protojson.Marshal(written)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(text)
	if err != nil {
		return "", fmt.Errorf("canonical JSON: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
