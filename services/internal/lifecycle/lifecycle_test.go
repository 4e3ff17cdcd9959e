package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
)

const (
	received = networkv1.TipState_TIP_STATE_RECEIVED
	returned = networkv1.TipState_TIP_STATE_RETURNED
	closed   = networkv1.TipState_TIP_STATE_CLOSED
)

var tips = lifecycle.Table[networkv1.TipState]{
	Resource: "tip", Start: received, Transitions: []lifecycle.Transition[networkv1.TipState]{
		{From: received, Act: "return", To: returned, By: lifecycle.By("handler")},
		{From: received, Act: "close", To: closed, By: lifecycle.By("handler")},
		{From: returned, Act: "resubmit", To: received, By: lifecycle.By("sender")},
		{From: returned, Act: "close", To: closed, By: lifecycle.By("handler")},
		{From: returned, Act: "expire", To: closed, By: lifecycle.Suite},
		{From: received, Act: "close", To: returned, By: lifecycle.By("nobody")},
	},
}

func TestActLeadsToTheStateInTheTable(t *testing.T) {
	t.Parallel()
	next, err := tips.Next(received, "close")
	require.NoError(t, err)
	assert.Equal(t, closed, next, "the first line counts")
	assert.True(t, tips.Leads(received.Number(), "close", returned.Number()), "a rule may choose another")
	assert.False(t, tips.Leads(received.Number(), "return", closed.Number()))
	next, err = tips.Next(returned, "resubmit")
	require.NoError(t, err)
	assert.Equal(t, received, next)
}

func TestAForbiddenActNamesTheAllowedOnes(t *testing.T) {
	t.Parallel()
	state, err := tips.Next(received, "resubmit")
	assert.Equal(t, received, state, "the state stays")
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	assert.Equal(t, codes.FailedPrecondition, f.Code)
	assert.Equal(t, []string{"state", "TIP_STATE_RECEIVED", "act", "resubmit", "allowed", "–", "others", "return, close"}, f.Args,
		"a sender may do nothing, the handler may")
	_, err = tips.Next(returned, "return")
	require.ErrorAs(t, err, &f)
	assert.Equal(t, []string{"state", "TIP_STATE_RETURNED", "act", "return", "allowed", "close", "others", "resubmit"}, f.Args,
		"what the suite does is left out")
	assert.Empty(t, tips.Acts(closed))
	assert.Equal(t, []lifecycle.Act{"return", "close"}, tips.Acts(received))
}

func TestTableDrawsMermaid(t *testing.T) {
	t.Parallel()
	drawn := tips.Mermaid()
	assert.Contains(t, drawn, "    [*] --> TIP_STATE_RECEIVED\n")
	assert.Contains(t, drawn, "    TIP_STATE_RETURNED --> TIP_STATE_RECEIVED: resubmit (sender)\n")
}
