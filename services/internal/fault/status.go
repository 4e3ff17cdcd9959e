package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"github.com/jackc/pgx/v5/pgconn"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// Domain stands in every ErrorInfo of the suite.
const Domain = "qingfeng"

// Status turns any error into the status a caller sees. What is not meant for callers becomes a neutral INTERNAL or
// UNAVAILABLE that names the request only; its cause belongs in the log.
func Status(lang words.Lang, requestID string, err error) *status.Status {
	if f := classify(err); f != nil {
		return f.status(lang)
	}
	if s := peerStatus(err); s != nil && passesThrough(s.Code()) && fromSuite(s) {
		return s // from another service of the suite, already in the caller's language
	}
	return New(codes.Internal, words.Internal(requestID)).status(lang)
}

// peerStatus is the status of a call to another service, without the words that were wrapped around it on the way.
func peerStatus(err error) *status.Status {
	var s interface{ GRPCStatus() *status.Status }
	if errors.As(err, &s) {
		return s.GRPCStatus()
	}
	return nil
}

// passesThrough reports whether a code of another service is the caller's concern. Other codes are our own failure.
func passesThrough(code codes.Code) bool {
	switch code {
	case codes.Internal, codes.Unknown, codes.Unauthenticated, codes.Unimplemented:
		return false
	default:
		return true
	}
}

// fromSuite reports whether a service of the suite made the status. Errors of gRPC itself may name addresses.
func fromSuite(s *status.Status) bool { return infoOf(s) != nil }

// PeerReason is the reason that another service of the suite gives for an error; empty where it gives none.
func PeerReason(err error) string { return infoOf(peerStatus(err)).GetReason() }

// infoOf is what the suite says of a status; nil where another made it.
func infoOf(s *status.Status) *errdetails.ErrorInfo {
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == Domain {
			return info
		}
	}
	return nil
}

func classify(err error) *Fault {
	var f *Fault
	var db *pgconn.PgError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, context.DeadlineExceeded):
		return New(codes.DeadlineExceeded, words.DeadlineExceeded())
	case errors.Is(err, context.Canceled):
		return New(codes.Canceled, words.Canceled())
	case errors.As(err, &db):
		return bySQLState(db.Code)
	case isLost(err):
		return Unavailable()
	}
	if s := peerStatus(err); s != nil && !fromSuite(s) {
		return byCode(s.Code())
	}
	return nil
}

// isLost tells whether a connection was not made or broke: a database that stops cuts them in many ways.
func isLost(err error) bool {
	var dial *pgconn.ConnectError
	var network *net.OpError
	return errors.As(err, &dial) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		slices.ContainsFunc([]error{
			io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.EPIPE, syscall.ECONNRESET, syscall.ECONNREFUSED,
		}, func(kind error) bool { return errors.Is(err, kind) })
}

// byCode says in our words what gRPC itself reports of a call to another service.
func byCode(code codes.Code) *Fault {
	switch code {
	case codes.Unavailable:
		return Unavailable()
	case codes.DeadlineExceeded:
		return New(code, words.DeadlineExceeded())
	case codes.Canceled:
		return New(code, words.Canceled())
	default:
		return nil
	}
}

// readOnly is the SQLSTATE of a server that takes no changes: a replica, or one that was told so.
const readOnly = "25006"

// bySQLState reads the SQLSTATE: a lost server or a lost race may be tried again, text that can't be kept is the caller's, all
// else is our own failure.
func bySQLState(code string) *Fault {
	switch {
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "53"), code == readOnly:
		return Unavailable()
	case code == "40001", code == "40P01":
		return New(codes.Aborted, words.Conflict())
	case code == "22021", code == "22P05": // U+0000, say, in a field without a rule against it
		return New(codes.InvalidArgument, words.TextNotStorable())
	}
	return nil
}

// Violations are what protovalidate found in a request, as faulty fields.
func Violations(request protoreflect.MessageDescriptor, invalid *protovalidate.ValidationError) []Field {
	fields := make([]Field, 0, len(invalid.Violations))
	for _, v := range invalid.Violations {
		fields = append(fields, Field{
			Path: protovalidate.FieldPathString(v.Proto.GetField()),
			Sentence: words.Sentence{
				Key: v.Proto.GetRuleId(), Fallback: v.Proto.GetMessage(),
				Args: append(limits(v), "value", ruleValue(v), "character", character(v), "known", choices(request, v)),
			},
		})
	}
	return fields
}

// ruleValue is the limit a rule names, such as 100 for max_len = 100.
func ruleValue(v *protovalidate.Violation) string {
	if !v.RuleValue.IsValid() {
		return ""
	}
	switch value := v.RuleValue.Interface().(type) {
	case protoreflect.Message, protoreflect.List, protoreflect.Map:
		return ""
	default:
		return fmt.Sprint(value)
	}
}

// character names the character for which a text is refused, "U+202E"; empty where there is none.
func character(v *protovalidate.Violation) string {
	text, ok := v.FieldValue.Interface().(string)
	if !ok {
		return ""
	}
	i := strings.IndexFunc(text, prose.Harmful)
	if i < 0 {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return fmt.Sprintf("%U", r)
}

// choices are the values of its enum that a faulty field may have, the first left out: it stands for none. Empty where it has no
// enum. A violation within a list does not tell its field's descriptor.
func choices(of protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	var field protoreflect.FieldDescriptor
	for _, element := range v.Proto.GetField().GetElements() {
		if of == nil {
			return ""
		}
		if field = of.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber())); field == nil {
			return ""
		}
		if of = field.Message(); field.IsMap() {
			of = field.MapValue().Message()
		}
	}
	if field == nil || field.Enum() == nil {
		return ""
	}
	rules, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	refused := slices.Concat(rules.GetEnum().GetNotIn(), rules.GetRepeated().GetItems().GetEnum().GetNotIn())
	var names []string
	for i := 1; i < field.Enum().Values().Len(); i++ {
		if value := field.Enum().Values().Get(i); !slices.Contains(refused, int32(value.Number())) {
			names = append(names, string(value.Name()))
		}
	}
	return strings.Join(names, ", ")
}

// limits are both ends of a range, of which a rule names only the one it is found by.
func limits(v *protovalidate.Violation) []string {
	path := v.Proto.GetRule().GetElements()
	if len(path) == 0 || v.FieldDescriptor == nil {
		return nil
	}
	field, _ := proto.GetExtension(v.FieldDescriptor.Options(), validate.E_Field).(*validate.FieldRules)
	rules := field.ProtoReflect()
	for _, element := range path[:len(path)-1] {
		rules = rules.Get(rules.Descriptor().Fields().ByName(protoreflect.Name(element.GetFieldName()))).Message()
	}
	var args []string
	for name, end := range map[protoreflect.Name]string{"gte": "least", "lte": "most"} {
		if bound := rules.Descriptor().Fields().ByName(name); bound != nil && rules.Has(bound) {
			args = append(args, end, rules.Get(bound).String())
		}
	}
	return args
}

func (f *Fault) status(lang words.Lang) *status.Status {
	s := status.New(f.Code, f.In(lang))
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: f.Key, Domain: Domain, Metadata: metadata(f.Args)}}
	if len(f.Fields) > 0 {
		details = append(details, f.badRequest(lang))
	}
	if f.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.RetryAfter)})
	}
	detailed, err := s.WithDetails(details...)
	if err != nil {
		return s
	}
	return detailed
}

func (f *Fault) badRequest(lang words.Lang) *errdetails.BadRequest {
	bad := &errdetails.BadRequest{}
	for _, field := range f.Fields {
		text := field.In(lang)
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field:            field.Path,
			Description:      text,
			Reason:           reason(field.Key),
			LocalizedMessage: &errdetails.LocalizedMessage{Locale: string(lang), Message: text},
		})
	}
	return bad
}

// reason writes a rule as the error details ask for: "string.max_len" becomes "STRING_MAX_LEN".
func reason(rule string) string {
	return strings.ToUpper(strings.ReplaceAll(rule, ".", "_"))
}

func metadata(args []string) map[string]string {
	m := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return m
}

// IsHidden tells whether a status hides its cause, which then belongs in the log.
func IsHidden(s *status.Status) bool {
	return s.Code() == codes.Internal || s.Code() == codes.Unavailable
}

// Loggable is an error whose text is fit for a log. PostgreSQL repeats values of rows in the detail of an error, so of its
// errors only the code and the names remain.
func Loggable(err error) error {
	var db *pgconn.PgError
	if errors.As(err, &db) {
		return fmt.Errorf("postgres %s, table %q, constraint %q: %s", db.Code, db.TableName, db.ConstraintName, db.Routine)
	}
	return err
}
