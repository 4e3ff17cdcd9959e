package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// bytesForm chooses, inside the façade alone, the form of operations that answer with bytes.
const bytesForm = "application/octet-stream"

// answers are written with every field, so that a reader needs no knowledge of defaults.
var answers = protojson.MarshalOptions{EmitUnpopulated: true}

// forms are how requests are read and answers written.
func forms() []runtime.ServeMuxOption {
	form := &jsonForm{runtime.JSONPb{MarshalOptions: answers}}
	return []runtime.ServeMuxOption{
		runtime.WithMarshalerOption(runtime.MIMEWildcard, form),
		runtime.WithMarshalerOption(bytesForm, &bodyForm{runtime.HTTPBodyMarshaler{Marshaler: form}}),
	}
}

// jsonForm is runtime.JSONPb that reads one value alone, whole, and streams a line a message.
type jsonForm struct{ runtime.JSONPb }

// StreamContentType is the type of a stream.
func (*jsonForm) StreamContentType(any) string { return "application/x-ndjson" }

// NewDecoder reads a body.
func (f *jsonForm) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		switch {
		case err != nil:
			return err
		case len(data) == 0:
			return io.EOF
		}
		if message, ok := v.(proto.Message); ok {
			return unmarshal(data, message)
		}
		if !json.Valid(data) { // JSONPb leaves what stands behind the first value
			return errors.New("not one value")
		}
		return f.Unmarshal(data, v)
	})
}

// everything is an update mask of all fields (AIP-134), which protojson does not read.
var everything = regexp.MustCompile(`("update_?[mM]ask"\s*:\s*)"\*"`)

// unmarshal reads a message, with a mask of all fields as well. Places in the text stay as they are for faults to name them.
func unmarshal(data []byte, message proto.Message) error {
	mask := message.ProtoReflect().Descriptor().Fields().ByName("update_mask")
	if mask == nil || !everything.Match(data) {
		return protojson.Unmarshal(data, message)
	}
	if err := protojson.Unmarshal(everything.ReplaceAll(data, []byte(`${1}" "`)), message); err != nil {
		return err
	}
	all := &fieldmaskpb.FieldMask{Paths: []string{"*"}}
	message.ProtoReflect().Set(mask, protoreflect.ValueOfMessage(all.ProtoReflect()))
	return nil
}

// bodyForm is the form of google.api.HttpBody: bytes as they are, with nothing between two of a stream.
type bodyForm struct{ runtime.HTTPBodyMarshaler }

// StreamContentType is the type of a stream, as its first message gives it.
func (f *bodyForm) StreamContentType(first any) string { return f.ContentType(first) }

// Delimiter stands behind each message of a stream.
func (*bodyForm) Delimiter() []byte { return []byte{} }
