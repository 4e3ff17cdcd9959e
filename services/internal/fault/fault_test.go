package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const secret = "a secret of the inside"

func info(s *status.Status) *errdetails.ErrorInfo {
	for _, detail := range s.Details() {
		if found, ok := detail.(*errdetails.ErrorInfo); ok {
			return found
		}
	}
	return nil
}

func fields(s *status.Status) []*errdetails.BadRequest_FieldViolation {
	for _, detail := range s.Details() {
		if found, ok := detail.(*errdetails.BadRequest); ok {
			return found.GetFieldViolations()
		}
	}
	return nil
}

// peerStatus is a status of another service of the suite.
func peerStatus(code codes.Code) error {
	return fault.Status(words.Chinese, "", fault.New(code, words.NotFound("units/1"))).Err()
}

func TestEveryErrorHasOneStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    error
		code   codes.Code
		reason string
	}{
		"not found":       {fault.NotFound("units/1"), codes.NotFound, "NOT_FOUND"},
		"wrapped":         {fmt.Errorf("x: %w", fault.AlreadyExists("units/1")), codes.AlreadyExists, "ALREADY_EXISTS"},
		"denied":          {fault.Denied(words.PermissionDenied("x", words.Untitled("y"))), codes.PermissionDenied, "PERMISSION_DENIED"},
		"unauthenticated": {fault.Unauthenticated(words.TokenInvalid()), codes.Unauthenticated, "TOKEN_INVALID"},
		"precondition":    {fault.Precondition(words.WrongState("x", "x", "x", "x")), codes.FailedPrecondition, "WRONG_STATE"},
		"changed":         {fault.EtagMismatch("units/1"), codes.Aborted, "ETAG_MISMATCH"},
		"deadline": {
			fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), codes.DeadlineExceeded,
			"DEADLINE_EXCEEDED",
		},
		"canceled":                 {fmt.Errorf("%s: %w", secret, context.Canceled), codes.Canceled, "CANCELED"},
		"lost connection":          {&pgconn.PgError{Code: "08006", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"server stops":             {&pgconn.PgError{Code: "57P01", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"no more connections":      {&pgconn.PgError{Code: "53300", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"a server that only reads": {&pgconn.PgError{Code: "25006", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"a full disk":              {&pgconn.PgError{Code: "53100", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"a crash":                  {&pgconn.PgError{Code: "57P02", Message: secret}, codes.Unavailable, "UNAVAILABLE"},
		"a broken pipe": {
			fmt.Errorf("%s: %w", secret, &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}),
			codes.Unavailable, "UNAVAILABLE",
		},
		"a reset":       {fmt.Errorf("%s: %w", secret, syscall.ECONNRESET), codes.Unavailable, "UNAVAILABLE"},
		"an end":        {fmt.Errorf("%s: %w", secret, io.EOF), codes.Unavailable, "UNAVAILABLE"},
		"an end midway": {fmt.Errorf("%s: %w", secret, io.ErrUnexpectedEOF), codes.Unavailable, "UNAVAILABLE"},
		"no connection": {&pgconn.ConnectError{}, codes.Unavailable, "UNAVAILABLE"},
		"serialization": {&pgconn.PgError{Code: "40001", Message: secret}, codes.Aborted, "CONFLICT"},
		"deadlock":      {fmt.Errorf("x: %w", &pgconn.PgError{Code: "40P01"}), codes.Aborted, "CONFLICT"},
		"a NUL in a text": {
			&pgconn.PgError{Code: "22021", Message: secret}, codes.InvalidArgument,
			"TEXT_NOT_STORABLE",
		},
		"a NUL in a document": {
			&pgconn.PgError{Code: "22P05", Message: secret}, codes.InvalidArgument,
			"TEXT_NOT_STORABLE",
		},
		"a broken constraint": {&pgconn.PgError{Code: "23505", Message: secret}, codes.Internal, "INTERNAL"},
		"unknown":             {errors.New(secret), codes.Internal, "INTERNAL"},
		"a peer's answer":     {peerStatus(codes.NotFound), codes.NotFound, "NOT_FOUND"},
		"a peer's answer, wrapped": {
			fmt.Errorf("%s: %w", secret, peerStatus(codes.PermissionDenied)), codes.PermissionDenied,
			"NOT_FOUND",
		},
		"a peer's own failure":      {peerStatus(codes.Internal), codes.Internal, "INTERNAL"},
		"a peer refuses our token":  {peerStatus(codes.Unauthenticated), codes.Internal, "INTERNAL"},
		"a peer lacks the method":   {peerStatus(codes.Unimplemented), codes.Internal, "INTERNAL"},
		"a peer can't be reached":   {status.Error(codes.Unavailable, secret), codes.Unavailable, "UNAVAILABLE"},
		"a call to a peer is late":  {status.Error(codes.DeadlineExceeded, secret), codes.DeadlineExceeded, "DEADLINE_EXCEEDED"},
		"a call to a peer is ended": {status.Error(codes.Canceled, secret), codes.Canceled, "CANCELED"},
		"a peer's answer too large": {status.Error(codes.ResourceExhausted, secret), codes.Internal, "INTERNAL"},
		"not a peer of the suite":   {status.Error(codes.NotFound, secret), codes.Internal, "INTERNAL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, lang := range []words.Lang{words.Chinese, words.English} {
				s := fault.Status(lang, "request-7", test.err)
				assert.Equal(t, test.code, s.Code())
				assert.Equal(t, test.reason, info(s).GetReason())
				assert.Equal(t, fault.Domain, info(s).GetDomain())
				assert.NotContains(t, s.String(), secret)
				assert.NotEmpty(t, s.Message())
				if test.reason == "INTERNAL" {
					assert.Contains(t, s.Message(), "request-7")
				}
			}
		})
	}
}

func TestFaultyFieldsAreNamedInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	var faults fault.Fields
	require.NoError(t, faults.Err())
	faults.Add("a.b[1]", words.UnknownUnit("7"))
	faults.Add("c", words.Sentence{Key: "no such rule"})
	s := fault.Status(words.English, "", faults.Err())
	require.Len(t, fields(s), 2)
	first := fields(s)[0]
	assert.Equal(t, "a.b[1]", first.GetField())
	assert.Equal(t, "there is no unit 7", first.GetDescription())
	assert.Equal(t, "UNKNOWN_UNIT", first.GetReason())
	assert.Equal(t, "没有编号为 7 的单位。", fields(fault.Status(words.Chinese, "", faults.Err()))[0].GetLocalizedMessage().GetMessage())
	require.EqualError(t, faults.Err(), "INVALID_ARGUMENT; a.b[1]: unknown_unit; c: no such rule")
}

func TestValidationNamesEveryFieldAndItsLimit(t *testing.T) {
	t.Parallel()
	request := &networkv1.ListTipsRequest{Unit: "tips/1", PageSize: 5000, States: []networkv1.TipState{99}, Period: "now"}
	var invalid *protovalidate.ValidationError
	require.ErrorAs(t, protovalidate.Validate(request), &invalid)
	found := fault.InvalidFields(fault.Violations(request.ProtoReflect().Descriptor(), invalid)...)
	s := fault.Status(words.English, "", fmt.Errorf("x: %w", found))
	assert.Equal(t, codes.InvalidArgument, s.Code())
	said := map[string]string{}
	for _, f := range fields(s) {
		said[f.GetField()] = f.GetReason() + ": " + f.GetDescription()
	}
	states := "TIP_STATE_RECEIVED, TIP_STATE_RETURNED, TIP_STATE_ACCEPTED, TIP_STATE_CLOSED, TIP_STATE_DUPLICATE"
	assert.Equal(t, map[string]string{
		"unit":      "STRING_RESOURCE: must be a resource name such as units/…",
		"states[0]": "ENUM_DEFINED_ONLY: is not one of the values: " + states,
		"period":    "STRING_PERIOD: must be a period such as 2026-11, 2026-Q4, 2026-H2 or 2026",
		"page_size": "INT32_GTE_LTE: must be between 0 and 1000",
	}, said)
}

func TestChoicesLeaveOutWhatAFieldRefuses(t *testing.T) {
	t.Parallel()
	request := &riskv1.SubmitRiskPointRequest{
		Name: "riskPoints/c-1", Reason: "查找", Proposal: riskv1.Proposal_PROPOSAL_TRANSFER,
	}
	var invalid *protovalidate.ValidationError
	require.ErrorAs(t, protovalidate.Validate(request), &invalid)
	found := fault.InvalidFields(fault.Violations(request.ProtoReflect().Descriptor(), invalid)...)
	said := fields(fault.Status(words.English, "", found))
	require.Len(t, said, 1)
	assert.Equal(t, "is not one of the values: PROPOSAL_ENTER, PROPOSAL_END", said[0].GetDescription())
}

func TestHiddenCauseIsLogged(t *testing.T) {
	t.Parallel()
	assert.True(t, fault.IsHidden(fault.Status(words.English, "", errors.New(secret))))
	assert.True(t, fault.IsHidden(fault.Status(words.English, "", &pgconn.PgError{Code: "08006"})))
	assert.False(t, fault.IsHidden(fault.Status(words.English, "", fault.NotFound("units/1"))))
	err := fault.Loggable(fmt.Errorf("%s: %w", secret, &pgconn.PgError{
		Code: "23505", Detail: secret, Message: secret, TableName: "tips", ConstraintName: "k",
	}))
	require.EqualError(t, err, `postgres 23505, table "tips", constraint "k": `)
	require.EqualError(t, fault.Loggable(errors.New("plain")), "plain")
}

func TestNotFoundIsRecognizedLocallyAndRemotely(t *testing.T) {
	t.Parallel()
	assert.True(t, fault.IsNotFound(fmt.Errorf("x: %w", fault.NotFound("units/1"))))
	assert.True(t, fault.IsNotFound(peerStatus(codes.NotFound)))
	assert.False(t, fault.IsNotFound(nil))
	assert.False(t, fault.IsNotFound(errors.New("x")))
	assert.True(t, fault.HasCode(fault.EtagMismatch("units/1"), codes.Aborted))
	assert.False(t, fault.HasCode(errors.New("x"), codes.Aborted))
}
