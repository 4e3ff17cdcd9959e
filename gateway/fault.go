package gateway

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// domain stands in every ErrorInfo of the suite.
const domain = "qingfeng"

// fault is an error made by the façade itself.
type fault struct {
	http int
	code codes.Code
	words.Sentence
	// field that is at fault, "" where it is none.
	field string
}

func newFault(httpStatus int, code codes.Code, says words.Sentence) *fault {
	return &fault{http: httpStatus, code: code, Sentence: says}
}

func badRequest(says words.Sentence) *fault {
	return newFault(http.StatusBadRequest, codes.InvalidArgument, says)
}

// fieldFault says that one field or parameter is at fault.
func fieldFault(says func(field string) words.Sentence, field string) *fault {
	field = strings.ToValidUTF8(field, "\uFFFD")
	made := badRequest(says(field))
	made.field = field
	return made
}

// reasonOf is the key of a sentence. What the gateway says of a failure inside has no request id and so a key of its own.
func reasonOf(says words.Sentence) string {
	if says.Key == words.GatewayInternal().Key {
		return "INTERNAL"
	}
	return says.Key
}

// retryAfter is what a caller is told to wait who may come again soon.
const retryAfter = time.Second

// write answers with the fault, in the caller's language.
func (f *fault) write(w http.ResponseWriter, r *http.Request) {
	if f.http == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
	}
	writeStatus(w, f.http, f.status(r.Header.Get("Accept-Language")))
}

// status is the fault in the first language it has of those accepted.
func (f *fault) status(accepted string) *spb.Status {
	lang := words.ParseLang(accepted)
	text, reason := f.In(lang), reasonOf(f.Sentence)
	details := []proto.Message{&errdetails.ErrorInfo{Reason: reason, Domain: domain}}
	if f.http == http.StatusTooManyRequests {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
	}
	if f.field != "" {
		details = append(details, &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{
				Field: f.field, Description: text, Reason: reason,
				LocalizedMessage: &errdetails.LocalizedMessage{Locale: string(lang), Message: text},
			},
		}})
	}
	answer := &spb.Status{Code: int32(f.code), Message: text}
	for _, detail := range details {
		if packed, err := anypb.New(detail); err == nil {
			answer.Details = append(answer.Details, packed)
		}
	}
	return answer
}

// fail answers with the error of a call.
func (a *api) fail(w http.ResponseWriter, r *http.Request, fullMethod string, err error) {
	if hidden := a.hide(r.Context(), fullMethod, err); hidden != nil {
		hidden.write(w, r)
		return
	}
	st := status.Convert(err)
	if wait, ok := retryDelay(st); ok {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	}
	if st.Code() == codes.Unauthenticated {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeStatus(w, runtime.HTTPStatusFromCode(st.Code()), st.Proto())
}

// hide gives what a caller learns of a failure without details, nil where it is the error itself. Such a failure was made
// by no service on purpose: its text may name hosts and paths, so it goes to Config.Failed.
func (a *api) hide(ctx context.Context, fullMethod string, err error) *fault {
	st := status.Convert(err)
	code := st.Code()
	if len(st.Proto().GetDetails()) > 0 ||
		code != codes.Unavailable && code != codes.Internal && code != codes.Unknown && code != codes.DataLoss {
		return nil
	}
	a.report(ctx, fullMethod, err)
	if code == codes.Unavailable {
		return newFault(http.StatusServiceUnavailable, code, words.Unavailable())
	}
	return newFault(http.StatusInternalServerError, codes.Internal, words.GatewayInternal())
}

func retryDelay(st *status.Status) (time.Duration, bool) {
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return max(0, info.GetRetryDelay().AsDuration()), true
		}
	}
	return 0, false
}

// writeStatus writes the one form that every error has. A detail of a kind unknown here is left out.
func writeStatus(w http.ResponseWriter, httpStatus int, st *spb.Status) {
	body, err := answers.Marshal(st)
	if err != nil {
		known := &spb.Status{Code: st.GetCode(), Message: st.GetMessage()}
		for _, detail := range st.GetDetails() {
			if _, err := detail.UnmarshalNew(); err == nil {
				known.Details = append(known.Details, detail)
			}
		}
		if body, err = answers.Marshal(known); err != nil {
			body = []byte(`{"code":13,"message":"","details":[]}`)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(httpStatus)
	//nolint:gosec // G705: it is JSON, said to be so, and nosniff holds browsers to it.
	_, _ = w.Write(body) // The caller has gone: nobody is left to tell.
}
