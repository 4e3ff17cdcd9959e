package units

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	shared "github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/follow"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// move says that what lay under one path lies under another, and whether the unit itself has ended.
type move struct {
	from, to string
	ended    bool
}

// sortMoves sorts moves of one day as records must follow: a child that went elsewhere before the rest of what was above it.
func sortMoves(moves []move) {
	slices.SortStableFunc(moves, func(a, b move) int {
		return cmp.Compare(strings.Count(b.from, "."), strings.Count(a.from, "."))
	})
}

// followJob has the network's records follow what was planned, and what came late.
func (s *Server) followJob() jobs.Job {
	return jobs.Job{Name: followMoves, Every: follow.Every, Run: s.follow}
}

const followMoves = "network.follow_moves"

// applyDue is follow where a planned change is due that records have not followed: other services ask for the moves of a day at
// its first moment.
func (s *Server) applyDue(ctx context.Context) error {
	due, err := db.New(s.store).DueDays(ctx, clock.Today(s.store.Clock))
	if err != nil || len(due) == 0 {
		return err
	}
	return s.follow(ctx)
}

// follow has the network's records follow what was planned up to today, and what came late.
func (s *Server) follow(ctx context.Context) error {
	return record.System(ctx, s.store, followMoves, func(ctx context.Context, tx *record.Tx) error {
		if err := db.New(tx).LockTree(ctx); err != nil {
			return err
		}
		today := clock.Today(s.store.Clock)
		since := today.AddDays(-1)
		due, err := db.New(tx).DueDays(ctx, today)
		if err != nil {
			return err
		}
		if len(due) > 0 && due[0].Before(since) {
			since = due[0]
		}
		if err := applyDueChanges(ctx, tx, today); err != nil {
			return err
		}
		// Again, like the moves below: somebody may have been appointed, or told, late.
		if err := moveToSuccessors(ctx, tx, today.AddDays(-1), today); err != nil {
			return err
		}
		if err := s.tellFollowers(ctx, tx, since, today); err != nil {
			return err
		}
		after, err := shared.New(tx).LockAppliedMove(ctx)
		if err != nil {
			return err
		}
		moves, err := movesAfter(ctx, tx, after, maxMovesPerRun)
		if err != nil {
			return err
		}
		return follow.ApplyPending(ctx, tx, moves)
	})
}

// Follower has records of its own follow what changed of units between two days. It is called again for days that it has seen.
type Follower func(ctx context.Context, tx *record.Tx, since, day calendar.Date) error

func (s *Server) tellFollowers(ctx context.Context, tx *record.Tx, since, day calendar.Date) error {
	for _, follow := range s.followers {
		if err := follow(ctx, tx, since, day); err != nil {
			return err
		}
	}
	return nil
}

// maxMovesPerRun is how many moves the network's records follow at once; more than ten minutes ever bring.
const maxMovesPerRun = 1_000_000

// applyDueChanges applies planned changes to records, day by day up to today. The tree must be locked.
func applyDueChanges(ctx context.Context, tx *record.Tx, today calendar.Date) error {
	queries := db.New(tx)
	days, err := queries.DueDays(ctx, today)
	if err != nil || len(days) == 0 {
		return err
	}
	for _, day := range days {
		moves, err := movesOn(ctx, queries, day)
		if err != nil {
			return err
		}
		if _, err := applyMoves(ctx, tx, day, moves); err != nil {
			return err
		}
		if err := moveToSuccessors(ctx, tx, day, day); err != nil {
			return err
		}
	}
	applied, err := queries.MarkTreeChangesApplied(ctx, today)
	if err != nil {
		return err
	}
	return notifyInForce(ctx, tx, applied, today)
}

// moveToSuccessors has officers and messages of the units that ended on some days go on with the successors, offices with whoever
// stands for the unit that gave them, and ends the contact points of those that ended.
func moveToSuccessors(ctx context.Context, tx *record.Tx, since, day calendar.Date) error {
	queries := db.New(tx)
	if err := queries.MoveOfficersToSuccessors(ctx, db.MoveOfficersToSuccessorsParams{Since: since, Day: day}); err != nil {
		return err
	}
	if err := queries.FollowAppointers(ctx, db.FollowAppointersParams{Since: since, Day: day}); err != nil {
		return err
	}
	messages := db.MoveMessagesToSuccessorsParams{Since: since, Day: day, DeliverTime: tx.Now()}
	if err := queries.MoveMessagesToSuccessors(ctx, messages); err != nil {
		return err
	}
	concealed := db.DeleteConcealedMessagesParams{Since: since, Day: day}
	if err := queries.DeleteConcealedMessages(ctx, concealed); err != nil {
		return err
	}
	closed, err := queries.EndContactPoints(ctx, db.EndContactPointsParams{Since: since, Day: day})
	if err != nil {
		return err
	}
	return notifyOfContactPoints(ctx, tx, closed, day)
}

// movesOn works out from the versions of units where subtrees went on a day.
func movesOn(ctx context.Context, queries *db.Queries, day calendar.Date) ([]move, error) {
	replanted, err := queries.ReparentedOn(ctx, day)
	if err != nil {
		return nil, err
	}
	moves := make([]move, 0, len(replanted))
	for _, r := range replanted {
		moves = append(moves, move{from: r.FromPrefix, to: r.ToPrefix})
	}
	ended, err := queries.EndedOn(ctx, day)
	if err != nil {
		return nil, err
	}
	for _, e := range ended {
		to, err := queries.RecordPathOn(ctx, db.RecordPathOnParams{UnitID: e.UnitID, Day: day})
		if err != nil {
			return nil, err
		}
		moves = append(moves, move{from: e.FromPrefix, to: to, ended: true})
	}
	return moves, nil
}

// applyMoves tells the other services of moves, and has the network's own records follow at once. It gives the moves as told.
func applyMoves(ctx context.Context, tx *record.Tx, day calendar.Date, moves []move) ([]*networkv1.Move, error) {
	sortMoves(moves)
	queries, published := db.New(tx), make([]*networkv1.Move, 0, len(moves))
	for _, m := range moves {
		if m.from == m.to && !m.ended {
			continue
		}
		if _, err := queries.AddMove(ctx, db.AddMoveParams{
			FromPrefix: m.from, ToPrefix: m.to, EffectiveOn: day, ApplyTime: tx.Now(), Ended: m.ended,
		}); err != nil {
			return nil, err
		}
		published = append(published, &networkv1.Move{
			FromPath: m.from, ToPath: m.to, EffectiveOn: day.String(), Ended: m.ended,
		})
	}
	_, err := follow.Apply(ctx, tx, published)
	return published, err
}

// movesAfter reads moves in order.
func movesAfter(ctx context.Context, tx db.DBTX, after int64, limit int32) ([]*networkv1.Move, error) {
	rows, err := db.New(tx).ListMoves(ctx, db.ListMovesParams{AfterSeq: after, PageSize: limit})
	if err != nil {
		return nil, err
	}
	moves := make([]*networkv1.Move, len(rows))
	for i, r := range rows {
		moves[i] = &networkv1.Move{
			Sequence: r.Seq, FromPath: r.FromPrefix, ToPath: r.ToPrefix,
			EffectiveOn: r.EffectiveOn.String(), ApplyTime: timestamppb.New(r.ApplyTime), Ended: r.Ended,
		}
	}
	return moves, nil
}
