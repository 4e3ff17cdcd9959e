// Package document is how records are kept: what is searched by stands in columns, the record itself is its protobuf
// message as JSON, and a revision that grows with every change is its etag.
package document

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Encode writes a message for storage.
func Encode(m proto.Message) ([]byte, error) { return protojson.Marshal(m) }

// Decode reads a stored message. What a newer version wrote there is left out; Rewrite keeps it. What can't be read was damaged:
// a DATA_LOSS fault, which names the record and none of its content.
func Decode[M proto.Message](body []byte) (M, error) {
	var none M
	m, _ := none.ProtoReflect().New().Interface().(M)
	return m, DecodeInto(body, m)
}

// DecodeNamed is Decode of a record whose body need not say its name; the fault does.
func DecodeNamed[M proto.Message](body []byte, name string) (M, error) {
	m, err := Decode[M](body)
	if err != nil {
		err = fault.New(codes.DataLoss, words.DataDamaged(name))
	}
	return m, err
}

// DecodeInto is Decode into a message that is there.
func DecodeInto(body []byte, m proto.Message) error {
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, m); err != nil {
		DamagedRows.Inc()
		return fault.New(codes.DataLoss, words.DataDamaged(nameIn(body, m)))
	}
	return nil
}

// Read reads a stored message at a revision, which is its etag.
func Read[M proto.Message](body []byte, revision int64) (M, error) {
	m, err := Decode[M](body)
	setEtag(m, revision)
	return m, err
}

// Rewrite is EncodeRevision over a body that is stored: what a newer version wrote there stays.
func Rewrite(stored []byte, m proto.Message, revision int64) ([]byte, error) {
	body, err := EncodeRevision(m, revision)
	if err != nil {
		return nil, err
	}
	return keepUnknown(stored, body, m.ProtoReflect())
}

// EncodeRevision writes a changed message for storage as the revision after this one, and gives it that etag.
func EncodeRevision(m proto.Message, revision int64) ([]byte, error) {
	setEtag(m, revision+1)
	return Encode(m)
}

// setEtag gives a record its etag; one that never changes has none.
func setEtag(m proto.Message, revision int64) {
	r := m.ProtoReflect()
	if etag := r.Descriptor().Fields().ByName("etag"); etag != nil {
		r.Set(etag, protoreflect.ValueOfString(Etag(revision)))
	}
}

// NotFoundAs turns pgx.ErrNoRows into NOT_FOUND for this name.
func NotFoundAs(err error, name string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.NotFound(name)
	}
	return err
}

// Authorize checks that a query found a record and that the caller reaches its unit, which has this path. Both failures are
// NOT_FOUND.
func Authorize(ctx context.Context, err error, unitPath, name string) error {
	if err := NotFoundAs(err, name); err != nil {
		return err
	}
	return access.Require(ctx, unitPath, name)
}

// Etag is the etag of a revision.
func Etag(revision int64) string { return strconv.FormatInt(revision, 10) }

// CheckEtag checks the etag that a request carries, if it does, against the record's revision.
func CheckEtag(etag string, revision int64, name string) error {
	if etag != "" && etag != Etag(revision) {
		return fault.EtagMismatch(name)
	}
	return nil
}

// EnumNames are the names of enum values, as they stand in bodies and columns.
func EnumNames[E fmt.Stringer](values []E) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = v.String()
	}
	return names
}

// Enum is the enum value of a name from a column; the unspecified one where the name is empty.
func Enum[E interface {
	~int32
	protoreflect.Enum
}](name string) E {
	var unspecified E
	value := unspecified.Descriptor().Values().ByName(protoreflect.Name(name))
	if value == nil {
		return unspecified
	}
	return E(value.Number())
}

// EnumCodes are the numbers of enum values, which columns hold where the values have an order.
func EnumCodes[E ~int32](values []E) []int16 {
	codes := make([]int16, len(values))
	for i, v := range values {
		codes[i] = int16(v)
	}
	return codes
}

// DecodeAll reads rows one by one and skips damaged ones.
func DecodeAll[R, M any](ctx context.Context, rows []R, decode func(R) (M, error)) ([]M, error) {
	list := make([]M, 0, len(rows))
	for _, row := range rows {
		m, err := decode(row)
		if IsDamaged(ctx, err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}
