package warning_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/warning/analyses"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

// wire leads to the network service, until it is cut. It notes when a call is made while a connection to the database is held.
type wire struct {
	grpc.ClientConnInterface

	tables     *database.DB
	cut        bool
	calls, bad int
}

func (w *wire) Invoke(ctx context.Context, method string, req, answer any, options ...grpc.CallOption) error {
	w.calls++
	if w.tables.Stat().AcquiredConns() > 0 {
		w.bad++
	}
	if w.cut {
		return status.Error(codes.Unavailable, "cut")
	}
	return w.ClientConnInterface.Invoke(ctx, method, req, answer, options...)
}

// bench is the service's servers behind a gate of the test's own, at the end of a wire.
type bench struct {
	*wire

	gate     *accesstest.Gate
	warnings warningv1.WarningServiceServer
	analyses warningv1.AnalysisServiceServer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := suitetest.New(t)
	book := openStore(t, s)
	b := &bench{
		wire: &wire{ClientConnInterface: s.As("administrator", suitetest.City), tables: book.DB},
		gate: accesstest.New(t, "*"),
	}
	env := service.Env{
		Store: book, Calendar: builtIn, Dial: func(string) grpc.ClientConnInterface { return b.wire },
		Directory: access.Remote(b.wire), Followers: &follow.Followers{},
	}
	b.warnings, b.analyses = warnings.New(env), analyses.New(env)
	require.NoError(t, b.gate.LoadRules(map[string]grpc.ServiceInfo{
		warningv1.WarningService_ServiceDesc.ServiceName: {}, warningv1.AnalysisService_ServiceDesc.ServiceName: {},
	}))
	return b
}

// call has a server answer the city's clerk.
func call[Req, Resp proto.Message](
	t *testing.T, b *bench, method string, req Req, handle func(context.Context, Req) (Resp, error),
) (Resp, error) {
	t.Helper()
	token := b.gate.Token(accesstest.Clerk(accesstest.City))
	answer, err := b.gate.Call(t.Context(), method, token, req, func(ctx context.Context) (any, error) {
		return handle(ctx, req)
	})
	made, _ := answer.(Resp)
	return made, err
}

func TestNoServiceIsCalledWithinATransaction(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	issue := func(req *warningv1.IssueWarningRequest) (*warningv1.Warning, error) {
		return call(t, b, warningv1.WarningService_IssueWarning_FullMethodName, req, b.warnings.IssueWarning)
	}
	req := notice("blue")
	req.Unit, req.SupervisingUnit, req.RequestId = accesstest.County, accesstest.City, uuid.NewString()
	first, err := issue(req)
	require.NoError(t, err)
	assert.Positive(t, b.calls)
	assert.Zero(t, b.bad, "a connection was held meanwhile")

	b.cut = true
	again, err := issue(req)
	require.NoError(t, err, "a repeated request needs nobody's answer")
	assert.Equal(t, first.GetName(), again.GetName())
	req.RequestId = uuid.NewString()
	_, err = issue(req)
	assert.Equal(t, codes.Unavailable, status.Code(err))
}

func TestARepeatedAnalysisGetsItsFirstAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := func(req *warningv1.RunAnalysisRequest) (*warningv1.Analysis, error) {
		return call(t, b, warningv1.AnalysisService_RunAnalysis_FullMethodName, req, b.analyses.RunAnalysis)
	}
	req := &warningv1.RunAnalysisRequest{Unit: accesstest.City, Period: "2026-11", RequestId: uuid.NewString()}
	first, err := run(req)
	require.NoError(t, err)
	assert.Zero(t, b.bad, "a connection was held meanwhile")
	b.cut = true
	again, err := run(req)
	require.NoError(t, err)
	assert.Truef(t, proto.Equal(first, again), "%v", again)
}
