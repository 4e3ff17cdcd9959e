// Package fault is how the suite says no. Use cases return faults; one interceptor turns them, and whatever else went
// wrong, into gRPC statuses in the caller's language.
package fault

import (
	"errors"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// Fault is an error meant for the caller. The key of its sentence is the ErrorInfo reason.
type Fault struct { //nolint:errname // fault.Fault says it; fault.FaultError would say it twice
	Code codes.Code
	words.Sentence
	// Fields are the faulty request fields, if any.
	Fields []Field
	// RetryAfter is how long the caller had best wait before it tries again; not said where zero.
	RetryAfter time.Duration
}

// Field is one faulty request field. The key of its sentence is the rule it breaks.
type Field struct {
	Path string
	words.Sentence
}

// Error gives the reason and fields, in English; callers see the translated text instead.
func (f *Fault) Error() string {
	parts := make([]string, 0, len(f.Fields)+1)
	parts = append(parts, f.Key)
	for _, field := range f.Fields {
		parts = append(parts, field.Path+": "+field.Key)
	}
	return strings.Join(parts, "; ")
}

// New is a fault of any code.
func New(code codes.Code, says words.Sentence) *Fault { return &Fault{Code: code, Sentence: says} }

// retryAfter is what a caller is told to wait who may come again soon.
const retryAfter = time.Second

// Busy says that too much is asked at once.
func Busy() *Fault { return retriable(codes.ResourceExhausted, words.Busy()) }

// Unavailable says that what a call needs does not work right now.
func Unavailable() *Fault { return retriable(codes.Unavailable, words.Unavailable()) }

func retriable(code codes.Code, says words.Sentence) *Fault {
	return &Fault{Code: code, Sentence: says, RetryAfter: retryAfter}
}

// NotFound says that a resource does not exist, or that the caller may not see it: the two are not told apart.
func NotFound(name string) *Fault { return New(codes.NotFound, words.NotFound(name)) }

// AlreadyExists says that a resource exists already.
func AlreadyExists(name string) *Fault { return New(codes.AlreadyExists, words.AlreadyExists(name)) }

// Denied says that the caller may not do what was asked.
func Denied(says words.Sentence) *Fault { return New(codes.PermissionDenied, says) }

// Unauthenticated says that the caller is not known.
func Unauthenticated(says words.Sentence) *Fault { return New(codes.Unauthenticated, says) }

// Precondition says that the state of things forbids what was asked.
func Precondition(says words.Sentence) *Fault { return New(codes.FailedPrecondition, says) }

// EtagMismatch says that a record has changed since the caller read it.
func EtagMismatch(name string) *Fault { return New(codes.Aborted, words.EtagMismatch(name)) }

// OnField names the request field a fault is about.
func (f *Fault) OnField(path string) *Fault {
	f.Fields = append(f.Fields, Field{path, f.Sentence})
	return f
}

// On is an error that, where it is a fault that names no request field, names this one.
func On(err error, path string) error {
	var f *Fault
	if errors.As(err, &f) && len(f.Fields) == 0 {
		return f.OnField(path)
	}
	return err
}

// Invalid says that one request field is faulty.
func Invalid(path string, says words.Sentence) *Fault { return InvalidFields(Field{path, says}) }

// InvalidFields says that several request fields are faulty.
func InvalidFields(fields ...Field) *Fault {
	return &Fault{Code: codes.InvalidArgument, Sentence: words.InvalidArgument(), Fields: fields}
}

// WithTitles is the fault with the titles that its sentences lack, as far as they are found.
func (f *Fault) WithTitles(find func(id string) words.Title) *Fault {
	titled := *f
	titled.Sentence, titled.Fields = f.Sentence.WithTitles(find), slices.Clone(f.Fields)
	for i, field := range titled.Fields {
		titled.Fields[i].Sentence = field.WithTitles(find)
	}
	return &titled
}

// Fields gathers faulty fields, so that a caller hears of all of them at once.
type Fields []Field

// Add notes a faulty field.
func (f *Fields) Add(path string, says words.Sentence) { *f = append(*f, Field{path, says}) }

// ParseDay reads the day of a request field; where it is none, that is noted, and false told.
func (f *Fields) ParseDay(path, text string) (calendar.Date, bool) {
	day, err := calendar.ParseDate(text)
	if err != nil {
		f.Add(path, words.StringDate())
	}
	return day, err == nil
}

// DayOrEmpty is a day of the calendar as it is written, or the empty text of one that is not given.
func (f *Fields) DayOrEmpty(path, text string) string {
	if text == "" {
		return ""
	}
	if _, ok := f.ParseDay(path, text); !ok {
		return ""
	}
	return text
}

// ParsePastDay is ParseDay for a day that can't come after today.
func (f *Fields) ParsePastDay(path, text string, today calendar.Date) (calendar.Date, bool) {
	day, ok := f.ParseDay(path, text)
	if ok && day.After(today) {
		f.Add(path, words.Future())
		return day, false
	}
	return day, ok
}

// ParseComingDay is ParseDay for a day that can't be past.
func (f *Fields) ParseComingDay(path, text string, today calendar.Date) (calendar.Date, bool) {
	day, ok := f.ParseDay(path, text)
	if ok && day.Before(today) {
		f.Add(path, words.PastDay(text))
		return day, false
	}
	return day, ok
}

// ParseDayBetween is ParsePastDay for a day that can't come before a first one either.
func (f *Fields) ParseDayBetween(path, text string, first, today calendar.Date) (calendar.Date, bool) {
	day, ok := f.ParsePastDay(path, text, today)
	if ok && day.Before(first) {
		f.Add(path, words.NotBefore(first.String()))
		return day, false
	}
	return day, ok
}

// planDays is how far ahead anything is planned.
const planDays = 366

// CheckPlanned notes a fault where what is planned for a day lies too far ahead.
func (f *Fields) CheckPlanned(path string, day, today calendar.Date) {
	if last := today.AddDays(planDays); day.After(last) {
		f.Add(path, words.TooFarAhead(last.String()))
	}
}

// Err is nil where nothing was noted.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return InvalidFields(f...)
}

// HasCode reports whether err is a fault of this code.
func HasCode(err error, code codes.Code) bool {
	var f *Fault
	return errors.As(err, &f) && f.Code == code
}

// IsNotFound reports whether something does not exist, as this service or another says.
func IsNotFound(err error) bool {
	return HasCode(err, codes.NotFound) || status.Code(err) == codes.NotFound
}
