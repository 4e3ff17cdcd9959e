package findings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// handling are the fields of a body that say how a finding is handled, which an analysis that finds it again leaves alone.
var handling = []string{
	"state", "levelsUp", "openSince", "dueOn", "remindOn", "reminders", "firstDueOn", "firstHandledOn", "history",
	"problem",
}

// Save stores what a unit found in a period in place of what it found there before, of which it keeps what has a source, what
// was handled, and what a record or a file belongs to. What is found again keeps its name and its handling; what is new is to
// be handled, in time by the scheme.
func Save(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, period calendar.Period, found []*warningv1.Finding,
	scheme *warningv1.Scheme, days *calendar.Calendar,
) error {
	if err := recur(ctx, tx, unit.GetName(), period, found, scheme.GetRecursIn()); err != nil {
		return err
	}
	keys, bodies := make([]string, len(found)), make([][]byte, len(found))
	for i, f := range found {
		keys[i] = keyOf(f, period)
		f.Name, f.State = resource.Sharded(resource.Findings, unit.GetRegion(), keys[i]), open
		if err := start(f, scheme.GetFindingHandling(), days, tx.Today()); err != nil {
			return err
		}
		body, err := document.Encode(f)
		if err != nil {
			return err
		}
		bodies[i] = body
	}
	queries := db.New(tx)
	if err := queries.DropFindings(ctx, db.DropFindingsParams{
		UnitID: resource.ID(unit.GetName()), First: keyFrom(period.First()), Period: period.String(), Kept: keys,
	}); err != nil {
		return err
	}
	return queries.SaveFindings(ctx, db.SaveFindingsParams{
		Region: unit.GetRegion(), UnitPath: access.Path(unit), CreateTime: tx.Now(), Keys: keys, Bodies: bodies,
		Handling: handling,
	})
}

// Of reads what a unit found in a period, that of the most tips first, so many at most.
func Of(ctx context.Context, from db.DBTX, unit string, period calendar.Period, most int32) ([]*warningv1.Finding, error) {
	bodies, err := db.New(from).FindingsOf(ctx, db.FindingsOfParams{
		UnitID: resource.ID(unit), First: keyFrom(period.First()), Period: period.String(), Most: most,
	})
	if err != nil {
		return nil, err
	}
	return document.DecodeAll(ctx, bodies, document.Decode[*warningv1.Finding])
}

// keyOf is the key of a finding: the first day of its period, by which lists go, and a hash of who found what where. A warning
// that has followed it then follows it still once it is found again.
func keyOf(f *warningv1.Finding, period calendar.Period) string {
	return keyIn(period, f.GetUnit(), f.GetPeriod(), f.GetFindingClass(), f.GetCount().GetUnit(), f.GetCount().GetSubjectArea())
}

// keyIn is a key in a period, made of what tells a finding from others.
func keyIn(period calendar.Period, parts ...string) string {
	const bytes = 12
	sum := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return keyFrom(period.First()) + hex.EncodeToString(sum[:bytes])
}

// keyFrom is where the keys of what was found from a day on begin.
func keyFrom(day calendar.Date) string { return strings.ReplaceAll(day.String(), "-", "") }
