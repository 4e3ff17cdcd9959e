package access_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const (
	list   = networkv1.TipService_ListTips_FullMethodName  // SCOPE_UNIT
	get    = networkv1.TipService_GetTip_FullMethodName    // SCOPE_RECORD
	submit = networkv1.TipService_SubmitTip_FullMethodName // SCOPE_INSTANCE, AUDIT_SOURCE
	follow = networkv1.TipService_FollowTip_FullMethodName // SCOPE_RECEIPT
	count  = networkv1.TipService_CountTips_FullMethodName // SCOPE_UNIT, also for warning

	object = riskv1.CommentService_SubmitComment_FullMethodName // SCOPE_PUBLIC
)

// ok is a handler with nothing to check.
func ok(context.Context) (any, error) { return "answer", nil }

// code is what a caller would see.
func code(err error) codes.Code {
	if err == nil {
		return codes.OK
	}
	return fault.Status(words.English, "", err).Code()
}

// about is a list request.
func about(unit string) *networkv1.ListTipsRequest { return &networkv1.ListTipsRequest{Unit: unit} }

func TestInvalidTokenIsRefused(t *testing.T) {
	t.Parallel()
	gate, stranger := accesstest.New(t, "*"), accesstest.New(t, "*")
	clerk := accesstest.Clerk(accesstest.City)
	expired, err := gate.Tokens.Issue(clerk, -time.Second)
	require.NoError(t, err)
	none, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{
		"iss": "qingfeng", "sub": "accounts/admin", "unit": accesstest.City, "roles": []string{access.Administrator},
		"exp": accesstest.Start.Add(time.Hour).Unix(),
	}).SignedString(jwt.UnsafeAllowNoneSignatureType)
	require.NoError(t, err)
	tests := map[string]struct{ token, reason string }{
		"none":              {"", "TOKEN_MISSING"},
		"garbage":           {"a.b.c", "TOKEN_INVALID"},
		"expired":           {expired, "TOKEN_EXPIRED"},
		"of another key":    {stranger.Token(clerk), "TOKEN_INVALID"},
		"without signature": {none, "TOKEN_INVALID"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gate.Call(t.Context(), list, test.token, about(accesstest.City), ok)
			require.EqualError(t, err, test.reason)
			assert.Equal(t, codes.Unauthenticated, code(err))
		})
	}
}

func TestATokenExpiresOnTheInstancesClock(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	token := gate.Token(accesstest.Clerk(accesstest.City))
	_, err := gate.Call(t.Context(), list, token, about(accesstest.City), ok)
	require.NoError(t, err)
	gate.Clock.Advance(time.Hour + time.Second)
	_, err = gate.Call(t.Context(), list, token, about(accesstest.City), ok)
	require.EqualError(t, err, "TOKEN_EXPIRED")
}

func TestPermissionsGrantWhatTheySay(t *testing.T) {
	t.Parallel()
	tests := map[string]codes.Code{
		"network.tips.read": codes.OK, "network.tips.*": codes.OK, "network.*": codes.OK, "*": codes.OK,
		"network.tips.handle": codes.PermissionDenied, "network.tips": codes.PermissionDenied,
		"network.t*": codes.PermissionDenied, "network.tips*": codes.PermissionDenied, "risk.*": codes.PermissionDenied,
		".*": codes.PermissionDenied, "": codes.PermissionDenied, "**": codes.PermissionDenied,
	}
	for permission, want := range tests {
		t.Run(permission, func(t *testing.T) {
			t.Parallel()
			gate := accesstest.New(t, permission)
			_, err := gate.Call(t.Context(), list, gate.Token(accesstest.Clerk(accesstest.City)), about(accesstest.City), ok)
			assert.Equal(t, want, code(err))
		})
	}
}

func TestOnlyRolesOfTheSchemeAndTheAdministratorCount(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	tests := map[string]struct {
		caller access.Principal
		want   codes.Code
	}{
		"no role":                  {access.Principal{Unit: accesstest.City}, codes.PermissionDenied},
		"an unknown role":          {access.Principal{Unit: accesstest.City, Roles: []string{"king"}}, codes.PermissionDenied},
		"a unit that is gone":      {accesstest.Clerk("units/999999"), codes.PermissionDenied},
		"no unit":                  {accesstest.Clerk(""), codes.PermissionDenied},
		"administrator":            {access.Principal{Unit: accesstest.City, Roles: []string{access.Administrator}}, codes.OK},
		"administrator of no unit": {access.Principal{Roles: []string{access.Administrator}}, codes.NotFound},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gate.Call(t.Context(), list, gate.Token(test.caller), about(accesstest.City), ok)
			assert.Equal(t, test.want, code(err))
		})
	}
}

func TestServicesCallOnlyWhatListsThem(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t)
	for _, service := range []string{"warning", "risk", "network", "gateway"} {
		token := gate.Token(access.Principal{Subject: "services/" + service, Service: service})
		_, err := gate.Call(t.Context(), count, token, &networkv1.CountTipsRequest{Unit: accesstest.County}, ok)
		if service == "warning" {
			require.NoError(t, err)
		} else {
			assert.Equal(t, codes.PermissionDenied, code(err), service)
		}
		_, err = gate.Call(t.Context(), list, token, about(accesstest.County), ok)
		assert.Equal(t, codes.PermissionDenied, code(err), service)
	}
	pretender := access.Principal{Service: "risk", Unit: accesstest.City, Roles: []string{access.Administrator}}
	_, err := gate.Call(t.Context(), list, gate.Token(pretender), about(accesstest.City), ok)
	assert.Equal(t, codes.PermissionDenied, code(err), "a service has no roles")
}

func TestOutOfReachLooksLikeNotFound(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	token := gate.Token(accesstest.Clerk(accesstest.County))
	say := func(unit string) []byte {
		_, err := gate.Call(t.Context(), list, token, about(unit), ok)
		s := fault.Status(words.Chinese, "id", err)
		require.Equal(t, codes.NotFound, s.Code())
		require.EqualError(t, err, "NOT_FOUND; unit: NOT_FOUND", "the field is named")
		raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.Proto())
		require.NoError(t, err)
		return raw
	}
	unknown := string(say("units/340599"))
	for _, unit := range []string{accesstest.Other, accesstest.City} {
		assert.Equal(t, strings.ReplaceAll(unknown, "units/340599", unit), string(say(unit)))
	}
	_, err := gate.Call(t.Context(), list, token, about(accesstest.County), ok)
	require.NoError(t, err)
}

func TestAMalformedUnitIsAFaultOfItsField(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	token := gate.Token(accesstest.Clerk(accesstest.City))
	for _, unit := range []string{
		"", "340500", "tips/340500", "units/", "units/a/b", "units/\x00", "units/A", "units/" + strings.Repeat("1", 99),
	} {
		_, err := gate.Call(t.Context(), list, token, about(unit), ok)
		require.Equal(t, codes.InvalidArgument, code(err), "%q", unit)
		assert.ErrorContains(t, err, "unit: ")
	}
}

func TestBelowItsLowestLevelAnRPCDoesNotExist(t *testing.T) {
	t.Parallel()
	gate := accesstest.NewAtLevel(t, typev1.Level_LEVEL_VILLAGE, "*")
	for _, method := range []string{list, follow, "/qingfeng.network.v1.TipService/Nothing"} {
		_, err := gate.Call(t.Context(), method, gate.Token(accesstest.Clerk(accesstest.City)), about(accesstest.City), ok)
		assert.Equal(t, codes.Unimplemented, code(err))
	}
}

func TestAnAnswerGoesOutOnlyOnceReachWasChecked(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	token := gate.Token(accesstest.Clerk(accesstest.County))
	req := &networkv1.GetTipRequest{Name: "tips/a-b"}
	answer, err := gate.Call(t.Context(), get, token, req, ok)
	require.Nil(t, answer)
	require.ErrorContains(t, err, "reach")
	assert.NotContains(t, fault.Status(words.English, "id", err).Message(), "reach")
	for path, want := range map[string]codes.Code{
		"340500.340503": codes.OK, "340500.340503.x": codes.OK, "340500.340504": codes.NotFound,
		"340500": codes.NotFound, "3405030": codes.NotFound, "": codes.NotFound,
	} {
		_, err := gate.Call(t.Context(), get, token, req, func(ctx context.Context) (any, error) {
			return "answer", access.Require(ctx, path, req.GetName())
		})
		assert.Equal(t, want, code(err), path)
	}
}

func TestAReceiptAndThePublicNeedNoTokenButAGivenOneMustHold(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t)
	for _, method := range []string{follow, object} {
		answer, err := gate.Call(t.Context(), method, "", &networkv1.FollowTipRequest{}, ok)
		require.NoError(t, err)
		assert.Equal(t, "answer", answer)
		_, err = gate.Call(t.Context(), method, "garbage", &networkv1.FollowTipRequest{}, ok)
		assert.Equal(t, codes.Unauthenticated, code(err))
	}
}

func TestAPartOfACallMayTakeAPermissionBesides(t *testing.T) {
	t.Parallel()
	for permission, want := range map[string]codes.Code{
		"risk.review": codes.OK, "risk.*": codes.OK, "risk.comments.answer": codes.PermissionDenied,
	} {
		gate := accesstest.New(t, "network.tips.read", permission)
		_, err := gate.Call(t.Context(), list, gate.Token(accesstest.Clerk(accesstest.City)), about(accesstest.City),
			func(ctx context.Context) (any, error) {
				tree := accesstest.Tree{Permissions: []string{permission}}
				return "answer", access.RequirePermission(ctx, tree, "risk.review")
			})
		assert.Equal(t, want, code(err), permission)
	}
}

func TestAProtectedSourceIsNotRecorded(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	token := gate.Token(accesstest.Clerk(accesstest.City))
	for method, want := range map[string]access.AuditInfo{
		submit: {Event: "network.TipService.SubmitTip", Protected: true},
		object: {Event: "risk.CommentService.SubmitComment", Protected: true},
		list:   {Event: "network.TipService.ListTips", Actor: "accounts/clerk", ActorUnit: accesstest.City},
	} {
		_, err := gate.Call(t.Context(), method, token, about(accesstest.City), func(ctx context.Context) (any, error) {
			assert.Equal(t, want, access.AuditInfoOf(ctx))
			assert.Equal(t, "accounts/clerk", access.PrincipalOf(ctx).Subject)
			return ok(ctx)
		})
		require.NoError(t, err)
		assert.Equal(t, want.Actor == "", gate.ProtectsSource(method))
	}
}

func TestOutsideACallNothingIsAllowed(t *testing.T) {
	t.Parallel()
	require.Error(t, access.Require(t.Context(), "340500", "tips/a-b"))
	assert.False(t, access.Reached(t.Context()))
	assert.Zero(t, access.AuditInfoOf(t.Context()))
	gate := accesstest.New(t, "*")
	_, err := gate.Authorize(t.Context(), about(accesstest.City), &grpc.UnaryServerInfo{FullMethod: list}, nil)
	assert.Equal(t, codes.PermissionDenied, code(err), "authentication was left out")
}

func TestAnotherSchemeThanBearerIsNoToken(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "*")
	for header, want := range map[string]codes.Code{
		"Basic " + gate.Token(accesstest.Clerk(accesstest.City)):  codes.Unauthenticated,
		"bearer " + gate.Token(accesstest.Clerk(accesstest.City)): codes.OK,
		gate.Token(accesstest.Clerk(accesstest.City)):             codes.Unauthenticated,
	} {
		ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", header))
		_, err := gate.Call(ctx, list, "", about(accesstest.City), ok)
		assert.Equal(t, want, code(err))
	}
}

func TestOnlyHealthOfOneServiceIsPublic(t *testing.T) {
	t.Parallel()
	for method, public := range map[string]bool{
		"/grpc.health.v1.Health/Watch":                                   true,
		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      false,
		"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": false,
		"/grpc.health.v1.Health/List":                                    false,
		"/grpc.health.v1.HealthX/Watch":                                  false,
		list:                                                             false,
	} {
		assert.Equal(t, public, access.IsPublic(method), method)
	}
}

func TestAServiceWithoutOptionsKeepsTheServerFromStarting(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t)
	require.NoError(t, gate.LoadRules(map[string]grpc.ServiceInfo{"grpc.health.v1.Health": {}}))
	require.ErrorContains(t, gate.LoadRules(map[string]grpc.ServiceInfo{"grpc.channelz.v1.Channelz": {}}), "Channelz")
}
