package positions

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// maxRankChanges is how many changes of its rank a position keeps; of more, the first go.
const maxRankChanges = 50

// ownerRank is the rank that owns risk points of a grade, and those above it, as owner_unfit reads it.
type ownerRank struct {
	Grade  string   `json:"grade"`
	Rank   string   `json:"rank"`
	Higher []string `json:"higher"`
}

// OwnerRanks are the ranks that own risk points by their grades (T5), by the units of schemes, as queries take them. A scheme
// that asks for none keeps those above it from asking.
func OwnerRanks(all ...*riskv1.Scheme) ([]byte, error) {
	rules := map[string][]ownerRank{}
	for _, scheme := range all {
		owners := []ownerRank{}
		for _, grade := range scheme.GetGrades() {
			at := slices.IndexFunc(scheme.GetRanks(), func(r *riskv1.Term) bool { return r.GetId() == grade.GetOwnerRank() })
			if at < 0 {
				continue
			}
			higher := make([]string, at) // they stand with the highest first
			for i, rank := range scheme.GetRanks()[:at] {
				higher[i] = rank.GetId()
			}
			owners = append(owners, ownerRank{grade.GetId(), grade.GetOwnerRank(), higher})
		}
		rules[resource.ID(scheme.GetUnit())] = owners
	}
	return json.Marshal(rules)
}

// OwnerRanksToday are those of all schemes in force.
func OwnerRanksToday(ctx context.Context, from db.DBTX, store *record.Store) ([]byte, error) {
	all, err := grading.SchemesOn(ctx, from, clock.Today(store.Clock))
	if err != nil {
		return nil, err
	}
	var list []*riskv1.Scheme
	for _, scheme := range all {
		list = append(list, scheme)
	}
	return OwnerRanks(list...)
}

// RankOn is the rank and the tier that a position had on a day: those that it had before the first change after that day.
func RankOn(position *riskv1.Position, day calendar.Date) (rank, tier string) {
	for _, change := range position.GetRankChanges() {
		if change.GetChangedOn() > day.String() {
			return change.GetRank(), change.GetTier()
		}
	}
	return position.GetRank(), position.GetTier()
}

// ranked is the rule that wants a reason where a position gets another rank or tier than it had, keeps both, and tells the unit
// above what hangs on the position: who owns a risk, commits and is to leave goes by them (T5, T10).
func ranked(reason string) collection.Rule[*riskv1.Position] {
	return func(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
		if !hasOtherRank(c) {
			return nil
		}
		if reason == "" {
			return fault.Invalid("reason", words.Required())
		}
		scheme := &riskv1.Scheme{}
		if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
			return err
		}
		if err := requireRaiser(ctx, c, scheme); err != nil {
			return err
		}
		change := &riskv1.RankChange{
			Rank: c.Before.GetRank(), Tier: c.Before.GetTier(), ChangedOn: c.Today().String(), Reason: reason,
			Unit: access.PrincipalOf(ctx).Unit,
		}
		c.Record.RankChanges = collection.Last(append(c.Record.GetRankChanges(), change), maxRankChanges)
		return tellRanked(ctx, c, scheme, reason)
	}
}

// requireRaiser keeps a unit from raising who holds a position of its own, also past the appointment that the rank asks for (T5,
// T15): a unit above does.
func requireRaiser(ctx context.Context, c *collection.Change[*riskv1.Position], scheme *riskv1.Scheme) error {
	at := func(p *riskv1.Position) int {
		return slices.IndexFunc(scheme.GetRanks(), func(r *riskv1.Term) bool { return r.GetId() == p.GetRank() })
	}
	was, is := at(c.Before), at(c.Record)
	dropped := was < 0 && c.Before.GetRank() != "" // by the scheme, so that nobody knows how high it was
	raised := is >= 0 && (is < was || dropped)
	held := IncumbentOn(c.Record, c.Today()).GetPerson() != ""
	if !raised || !held || c.UnitAbove() == c.ActingUnit() || access.PrincipalOf(ctx).Unit != c.ActingUnit() {
		return nil
	}
	return fault.Denied(words.RaisedAbove(words.Untitled(c.UnitAbove())))
}

// hasOtherRank tells whether a position has another rank or tier than was said before.
func hasOtherRank(c *collection.Change[*riskv1.Position]) bool {
	was, is := c.Before, c.Record
	return was.GetRank() != "" && was.GetRank() != is.GetRank() || was.GetTier() != "" && was.GetTier() != is.GetTier()
}

// tellRanked tells the unit above, and the position's own where somebody else changed it.
func tellRanked(
	ctx context.Context, c *collection.Change[*riskv1.Position], scheme *riskv1.Scheme, reason string,
) error {
	hangs, err := db.New(c).HangsOn(ctx, db.HangsOnParams{
		Position: c.Record.GetName(), Ended: riskv1.RegisterState_REGISTER_STATE_ENDED.String(),
		Owed: document.EnumNames([]riskv1.ControlState{
			riskv1.ControlState_CONTROL_STATE_PLANNED, riskv1.ControlState_CONTROL_STATE_RETURNED,
		}),
		Lapsed: riskv1.CommitmentState_COMMITMENT_STATE_LAPSED.String(),
	})
	if err != nil {
		return err
	}
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	says := words.InboxPositionRanked(access.PrincipalOf(ctx).Unit, c.Record.GetTitle(), rankIn(scheme, c.Before),
		rankIn(scheme, c.Record), reason, count(hangs.Points), count(hangs.Controls), count(hangs.Duties),
		count(hangs.Commitments), count(hangs.Rotations))
	c.Tell(c.UnitAbove(), says)
	c.TellFromAbove(ctx, says)
	return nil
}

// rankIn is what a scheme calls the rank and the tier of a position.
func rankIn(scheme *riskv1.Scheme, p *riskv1.Position) words.Title {
	title := schemes.TitleIn(scheme.GetRanks(), p.GetRank())
	if p.GetTier() == "" {
		return title
	}
	tier := schemes.TitleIn(scheme.GetTiers(), p.GetTier())
	return words.Title{ID: title.ID + " " + tier.ID, Zh: title.Zh + "（" + tier.Zh + "）", En: title.En + " (" + tier.En + ")"}
}

// tellUnfit tells the units of risk points whose owner has not the rank that their grade asks for, since a position has another
// one.
func (s *Server) tellUnfit(ctx context.Context, tx *record.Tx, position *riskv1.Position) error {
	rules, err := OwnerRanksToday(ctx, tx, s.positions.Store)
	if err != nil {
		return err
	}
	rows, err := db.New(tx).UnitsOfUnfitOwners(ctx, db.UnitsOfUnfitOwnersParams{
		Position: position.GetName(), Ended: riskv1.RegisterState_REGISTER_STATE_ENDED.String(), Rules: rules,
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	entries := make([]record.Entry, len(rows))
	for i, row := range rows {
		unit := resource.Name(resource.Units, row.UnitPath[strings.LastIndexByte(row.UnitPath, '.')+1:])
		tx.Notify(record.Message{
			Unit: unit, Resource: unit,
			Sentence: words.InboxPositionUnfit(position.GetTitle(), strconv.FormatInt(row.Points, 10)),
		})
		entries[i] = record.Entry{Resource: unit, UnitPath: row.UnitPath}
	}
	return tx.Record(ctx, entries...)
}
