package caseleads

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// chains draws a chain of custody.
func chains(t *rapid.T) (chain []*warningv1.CustodyEntry) {
	unit := rapid.SampledFrom([]string{"", "units/a", "units/b"})
	for range rapid.IntRange(1, 8).Draw(t, "entries") {
		e := &warningv1.CustodyEntry{
			Kind: warningv1.CustodyKind(rapid.Int32Range(1, 4).Draw(t, "kind")), From: unit.Draw(t, "from"), To: unit.Draw(t, "to"),
			GivenBy: rapid.String().Draw(t, "by"), Reason: rapid.String().Draw(t, "reason"),
			EntryTime:     timestamppb.New(time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "time"), rapid.Int64Range(0, 999).Draw(t, "ns"))),
			ContentSha256: strings.Repeat("a", 64),
		}
		for range rapid.IntRange(0, 3).Draw(t, "files") {
			e.Files = append(e.Files, &warningv1.CustodyFile{Attachment: rapid.String().Draw(t, "file"), Sha256: "f"})
		}
		var err error
		chain, err = link(chain, e)
		require.NoError(t, err)
	}
	return chain
}

// spoils are ways to damage an entry, as whoever has the database may.
var spoils = map[string]func(*warningv1.CustodyEntry){
	"kind":     func(e *warningv1.CustodyEntry) { e.Kind = 5 - e.GetKind() },
	"from":     func(e *warningv1.CustodyEntry) { e.From += "x" },
	"given by": func(e *warningv1.CustodyEntry) { e.GivenBy += "x" },
	"to":       func(e *warningv1.CustodyEntry) { e.To += "x" },
	"taken by": func(e *warningv1.CustodyEntry) { e.TakenBy += "x" },
	"filing":   func(e *warningv1.CustodyEntry) { e.Filing = &warningv1.CaseLeadFiling{ReceiptNumber: "7"} },
	"time":     func(e *warningv1.CustodyEntry) { e.EntryTime.Nanos++ },
	"reason":   func(e *warningv1.CustodyEntry) { e.Reason += "x" },
	"content":  func(e *warningv1.CustodyEntry) { e.ContentSha256 = strings.Repeat("b", 64) },
	"files":    func(e *warningv1.CustodyEntry) { e.Files = append(e.Files, &warningv1.CustodyFile{Attachment: "y"}) },
	"number":   func(e *warningv1.CustodyEntry) { e.Number++ },
	"previous": func(e *warningv1.CustodyEntry) { e.PreviousSha256 += "x" },
	"hash":     func(e *warningv1.CustodyEntry) { e.EntrySha256 = strings.Repeat("c", 64) },
}

func TestC17_EveryDamageToAChainOfCustodyIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chain := chains(t)
		faults, err := broken(chain)
		require.NoError(t, err)
		require.Empty(t, faults)
		at := rapid.IntRange(0, len(chain)-1).Draw(t, "at")
		name := rapid.SampledFrom([]string{
			"kind", "from", "given by", "to", "taken by", "filing", "time", "reason", "content", "files", "number", "previous", "hash",
		}).Draw(t, "spoil")
		whole := proto.CloneOf(chain[at])
		spoils[name](chain[at])
		if proto.Equal(whole, chain[at]) {
			t.Skip("nothing changed")
		}
		faults, err = broken(chain)
		require.NoError(t, err)
		require.NotEmpty(t, faults, name)
		require.EqualValues(t, at+1, faults[0].GetNumber())

		// With its hash counted anew, the one after it does not follow; the last can be told by who has kept its hash alone.
		sum, err := entrySHA256(chain[at])
		require.NoError(t, err)
		chain[at].EntrySha256 = sum
		faults, err = broken(chain)
		require.NoError(t, err)
		if at < len(chain)-1 && sum != whole.GetEntrySha256() {
			require.NotEmpty(t, faults)
		}
	})
}

func TestC17_AnEntryThatIsTakenOutOrMovedIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		chain := chains(t)
		if len(chain) < 2 {
			t.Skip("one entry has no place")
		}
		at := rapid.IntRange(0, len(chain)-2).Draw(t, "at")
		less := append(append([]*warningv1.CustodyEntry{}, chain[:at]...), chain[at+1:]...)
		faults, err := broken(less)
		require.NoError(t, err)
		require.NotEmpty(t, faults)
		chain[at], chain[at+1] = chain[at+1], chain[at]
		faults, err = broken(chain)
		require.NoError(t, err)
		require.NotEmpty(t, faults)
	})
}
