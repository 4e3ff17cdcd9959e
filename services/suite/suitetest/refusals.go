package suitetest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// RequireRefused requires that a call failed with a code and a reason.
func RequireRefused(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	require.Equal(t, reason, Reason(err), "%v", err)
}

// Reason is the reason that an error gives.
func Reason(err error) string {
	return info(err).GetReason()
}

// Metadata is what an error tells programs: the names of what its words call by titles, among others.
func Metadata(err error) map[string]string { return info(err).GetMetadata() }

func info(err error) *errdetails.ErrorInfo {
	for _, detail := range status.Convert(err).Details() {
		if found, ok := detail.(*errdetails.ErrorInfo); ok {
			return found
		}
	}
	return nil
}

// RequireFieldFaults checks for which fields a call was refused, and by which rules.
func RequireFieldFaults(t *testing.T, err error, want map[string]string) {
	t.Helper()
	RequireRefused(t, err, codes.InvalidArgument, "INVALID_ARGUMENT")
	RequireNamed(t, err, want)
}

// RequireNamed requires that an error names faulty fields, by the rules they break.
func RequireNamed(t *testing.T, err error, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, v := range FieldViolations(t, err) {
		got[v.GetField()] = v.GetReason()
	}
	assert.Equal(t, want, got)
}

// FieldViolations are the faulty fields that an error names, each with words of its own.
func FieldViolations(t *testing.T, err error) []*errdetails.BadRequest_FieldViolation {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				require.NotEmpty(t, v.GetDescription(), "words for %s", v.GetReason())
			}
			return bad.GetFieldViolations()
		}
	}
	return nil
}
