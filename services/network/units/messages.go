package units

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// telling is what some units are told of a change of the tree, each once. It is kept with the change: of a planned one those hear
// on its day that come with it, and those that heard of it that it is cancelled.
type telling struct {
	words.Sentence

	UnitIDs []string `json:"units"`
	// Once is set where there is nothing to hear on the day: that a unit was not founded.
	Once bool `json:"once,omitempty"`
}

// tell has units, by their ids, told of the change, but for the one that decides it.
func (a *treeChange) tell(ctx context.Context, says words.Sentence, unitIDs ...string) {
	slices.Sort(unitIDs)
	unitIDs = slices.DeleteFunc(slices.Compact(unitIDs), func(id string) bool {
		return id == "" || id == resource.ID(access.PrincipalOf(ctx).Unit)
	})
	if len(unitIDs) > 0 {
		a.tellings = append(a.tellings, telling{Sentence: says, UnitIDs: unitIDs})
	}
}

// tellOnce is tell for what is not said again on the day of the change.
func (a *treeChange) tellOnce(ctx context.Context, says words.Sentence, unitIDs ...string) {
	before := len(a.tellings)
	a.tell(ctx, says, unitIDs...)
	for i := range a.tellings[before:] {
		a.tellings[before+i].Once = true
	}
}

// tellOfMove tells a unit, and those above it before and after on one line, that it goes under another; under none where to is
// empty.
func (a *treeChange) tellOfMove(
	ctx context.Context, unitID, from, to string, says func(unit, date, from, to string) words.Sentence,
) error {
	rows, err := a.TitlesOn(ctx, db.TitlesOnParams{UnitIds: []string{unitID, from, to}, OnDate: a.day})
	titles := map[string]string{}
	for _, row := range rows {
		titles[row.UnitID] = row.Title
	}
	a.tell(ctx, says(titles[unitID], a.day.String(), titles[from], titles[to]), unitID, from, to)
	return err
}

// concerned are the ids of a unit that ends, and of those above and below it.
func (e *endingUnit) concerned() []string {
	return append(e.orphaned(), e.id(), e.unitVersions[0].ParentID, e.unitVersions[0].SystemParentID)
}

// messages are the tellings of a change as they go out. Whoever has heard one does not hear it again.
func messages(changeKey string, tellings []telling, says func(words.Sentence) words.Sentence) []inbox.Message {
	var list []inbox.Message
	for _, t := range tellings {
		for _, id := range t.UnitIDs {
			list = append(list, inbox.Message{
				Recipient: inbox.Recipient{UnitID: id}, Sentence: says(t.Sentence),
				Resource: resource.Name(resource.TreeChanges, changeKey),
			})
		}
	}
	return list
}

func asDecided(says words.Sentence) words.Sentence { return says }

// cancelled says that what a sentence says is not to be.
func cancelled(says words.Sentence) words.Sentence {
	return words.InboxTreeChangeCancelled(words.Title{ID: says.Key, Zh: says.In(words.Chinese), En: says.In(words.English)})
}

// notifyInForce tells units that planned changes hold since today, of which they could not hear before.
func notifyInForce(ctx context.Context, tx *record.Tx, changes []db.MarkTreeChangesAppliedRow, today calendar.Date) error {
	var list []inbox.Message
	for _, c := range changes {
		var tellings []telling
		if err := json.Unmarshal(c.Messages, &tellings); err != nil {
			return err
		}
		tellings = slices.DeleteFunc(tellings, func(t telling) bool { return t.Once })
		list = append(list, messages(c.ChangeKey, tellings, asDecided)...)
	}
	return inbox.NotifyUnits(ctx, tx, today, list...)
}

// notifyCancelled tells units that a change that they heard of is not to be.
func notifyCancelled(ctx context.Context, tx *record.Tx, change db.TreeChange, today calendar.Date) error {
	var tellings []telling
	if err := json.Unmarshal(change.Messages, &tellings); err != nil {
		return err
	}
	return inbox.NotifyUnits(ctx, tx, today, messages(change.ChangeKey, tellings, cancelled)...)
}

// notifyOfContactPoints tells the successors of units, and who decided that these end, which contact points ended with them.
func notifyOfContactPoints(ctx context.Context, tx *record.Tx, closed []db.EndContactPointsRow, day calendar.Date) error {
	var list []inbox.Message
	for _, row := range closed {
		for _, id := range []string{row.SuccessorID, row.DeciderID} {
			list = append(list, inbox.Message{
				Recipient: inbox.Recipient{UnitID: id}, Resource: resource.Name(resource.Units, row.UnitID),
				DedupKey: row.FirstKey, Sentence: words.InboxContactPointsEnded(row.UnitTitle, listed(row.Titles, row.Titles)),
			})
		}
	}
	return inbox.NotifyUnits(ctx, tx, day, list...)
}

// founding is what units are told of at once: those that go below them on a day.
type founding struct{ aboveID, from string }

// notifyOfFounding tells units that others were founded below them, one message each and day, however many, and anew where
// one is founded again after that was taken back. Those founded on the same day need not be told, nor the one that founds.
func (s *Server) notifyOfFounding(ctx context.Context, tx *record.Tx, created []*networkv1.Unit) error {
	below := map[founding][]*networkv1.Unit{}
	var foundings []founding
	var above []string
	for _, u := range created {
		for _, name := range []string{u.GetParent(), u.GetSystemParent()} {
			if name == "" || name == access.PrincipalOf(ctx).Unit {
				continue
			}
			f := founding{resource.ID(name), u.GetEffectiveFrom()}
			if below[f] == nil {
				foundings, above = append(foundings, f), append(above, f.aboveID)
			}
			below[f] = append(below[f], u)
		}
	}
	if len(above) == 0 {
		return nil
	}
	rows, err := db.New(tx).UnitsBegun(ctx, above)
	if err != nil {
		return err
	}
	begun := make(map[string]db.UnitsBegunRow, len(rows))
	for _, row := range rows {
		begun[row.UnitID] = row
	}
	var list []inbox.Message
	for _, f := range foundings {
		if row := begun[f.aboveID]; row.BeganOn.String() < f.from {
			list = append(list, inbox.Message{
				Recipient: inbox.Recipient{UnitID: f.aboveID}, Resource: below[f][0].GetName(),
				Sentence: words.InboxUnitsFounded(row.Title, f.from, titled(below[f])), DedupKey: tx.NewKey(),
			})
		}
	}
	return inbox.NotifyUnits(ctx, tx, clock.Today(s.store.Clock), list...)
}

// titled are units as a sentence names them.
func titled(units []*networkv1.Unit) words.Title {
	names, titles := make([]string, len(units)), make([]string, len(units))
	for i, u := range units {
		names[i], titles[i] = u.GetName(), u.GetTitle()
	}
	return listed(names, titles)
}

// maxListed is how many of a list a sentence names.
const maxListed = 10

// listed is a list as a sentence names it, cut off where it is long.
func listed(names, titles []string) words.Title {
	if len(titles) > maxListed {
		names, titles = append(slices.Clone(names[:maxListed]), "…"), append(slices.Clone(titles[:maxListed]), "…")
	}
	return words.Title{ID: strings.Join(names, ", "), Zh: strings.Join(titles, "、"), En: strings.Join(titles, ", ")}
}
