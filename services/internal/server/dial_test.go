package server

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

func TestProtectedCallsLeaveNoSpan(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewSpanRecorder()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	b := run(t, Config{Listen: loopbackAny}, alwaysReady)
	require.NoError(t, list(b.clerk(t), b))
	_, err := b.client.SubmitTip(b.clerk(t), &networkv1.SubmitTipRequest{})
	t.Log(err) // whatever became of it
	var names []string
	for _, span := range spans.Started() {
		names = append(names, span.SpanKind().String()+" "+span.Name())
	}
	assert.Contains(t, names, "client qingfeng.network.v1.TipService/ListTips")
	assert.False(t, slices.ContainsFunc(names, func(name string) bool {
		return name == "client qingfeng.network.v1.TipService/SubmitTip" ||
			name == "server qingfeng.network.v1.TipService/SubmitTip"
	}), "%v", names)
}
