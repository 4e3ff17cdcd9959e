package attack

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
)

// TestSendersAreNotFoundByTimes has informants look something up and send a tip, every second one urgent, one after another. An
// attacker who holds the log, the names of the informants, in the order in which they came, all tips with keys and times, and the
// messages that tell of urgent ones guesses who sent which.
func TestSendersAreNotFoundByTimes(t *testing.T) {
	t.Parallel()
	s := start(t, "--log-level", "info")
	conn := s.dial(t)
	s.load(t)
	senders := make([]string, size(20, 200))
	for i := range senders {
		senders[i] = fmt.Sprintf("officers/340503-informant%d", i)
	}
	rand.Shuffle(len(senders), func(i, j int) { senders[i], senders[j] = senders[j], senders[i] })
	var urgent []string // senders of such tips
	for i, sender := range senders {
		if i%2 == 0 {
			urgent = append(urgent, sender)
		}
		s.lookUpAndSend(t, conn, sender, i%2 == 0)
	}
	log, err := os.ReadFile(s.log)
	require.NoError(t, err)
	tips, told := s.received(t, conn)
	require.Len(t, tips, len(senders))
	require.Len(t, told, len(urgent))
	for name, guess := range map[string]func(i int) string{
		"the last named line before the time in its key": func(i int) string { return lastNamed(string(log), keyTime(t, tips[i])) },
		"the last named line before it was received": func(i int) string {
			return lastNamed(string(log), tips[i].GetReceiveTime().AsTime())
		},
		"the same place among those who came": func(i int) string { return senders[i] },
	} {
		found(t, name, tips, guess)
	}
	found(t, "the same place among messages of urgent tips", told, func(i int) string { return urgent[i] })
	for _, sender := range senders {
		assert.NotContains(t, string(log), sender)
	}
	assert.NotContains(t, string(log), `"unit":"units/340503001"`)
	assert.Contains(t, string(log), `"method":"/qingfeng.network.v1.TipService/SubmitTip"`)
}

// lookUpAndSend has an informant read about a unit and send a tip, whose title names the sender.
func (s *target) lookUpAndSend(t *testing.T, conn grpc.ClientConnInterface, sender string, urgent bool) {
	t.Helper()
	caller := s.as(t, conn, access.Principal{Subject: sender, Unit: "units/340503001", Roles: []string{"informant"}})
	_, err := networkv1.NewUnitServiceClient(caller).GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: "units/340503001"})
	require.NoError(t, err)
	_, err = networkv1.NewTipServiceClient(caller).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: &networkv1.TipContent{
			Unit: "units/340503001001", SubjectArea: "work_style", Channel: "web", Title: sender, Body: "十月以来三次前往，均无人办理。",
			Urgent: urgent,
		},
	})
	require.NoError(t, err)
}

// received are all tips, and those of which messages tell that they are urgent, in the order of their keys, the first first.
func (s *target) received(t *testing.T, conn grpc.ClientConnInterface) (tips, told []*networkv1.Tip) {
	t.Helper()
	handler := func(unit string) grpc.ClientConnInterface {
		return s.as(t, conn, access.Principal{Subject: "accounts/handler", Unit: unit, Roles: []string{"handler"}})
	}
	listed, err := networkv1.NewTipServiceClient(handler(demo.City)).ListTips(t.Context(),
		&networkv1.ListTipsRequest{Unit: demo.City, PageSize: 1000})
	require.NoError(t, err)
	tips = listed.GetTips()
	slices.Reverse(tips)
	unit := tips[0].GetHandlingUnit()
	inbox, err := networkv1.NewInboxServiceClient(handler(unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.urgent_tip"}, PageSize: 1000})
	require.NoError(t, err)
	for _, message := range slices.Backward(inbox.GetMessages()) {
		at := slices.IndexFunc(tips, func(tip *networkv1.Tip) bool { return tip.GetName() == message.GetResource() })
		require.GreaterOrEqual(t, at, 0, "%v", message)
		told = append(told, tips[at])
	}
	return tips, told
}

// mayBeFound is how many senders may be found: chance finds one on average, and eight once in a hundred thousand times.
const mayBeFound = 7

// found tells how many senders a way of guessing finds.
func found(t *testing.T, name string, tips []*networkv1.Tip, guess func(i int) string) {
	t.Helper()
	right := 0
	for i, tip := range tips {
		if guess(i) == tip.GetContent().GetTitle() {
			right++
		}
	}
	figure(t, "senders found of %d by %s: %d", len(tips), name, right)
	assert.LessOrEqual(t, right, mayBeFound, name)
}

// keyTime is the time in the key of a tip.
func keyTime(t *testing.T, tip *networkv1.Tip) time.Time {
	t.Helper()
	raw, err := hex.DecodeString(tip.GetName()[strings.LastIndexByte(tip.GetName(), '-')+1:])
	require.NoError(t, err)
	id, err := uuid.FromBytes(raw)
	require.NoError(t, err)
	return time.Unix(id.Time().UnixTime())
}

// lastNamed is the subject of the last line of a log that names one and was written by a time.
func lastNamed(log string, by time.Time) (subject string) {
	for line := range strings.Lines(log) {
		_, rest, named := strings.Cut(line, `"subject":"`)
		_, text, _ := strings.Cut(line, `"ts":"`)
		text, _, _ = strings.Cut(text, `"`)
		at, err := time.Parse("2006-01-02T15:04:05.000Z0700", text)
		if named && err == nil && !at.After(by) {
			subject, _, _ = strings.Cut(rest, `"`)
		}
	}
	return subject
}
