package officerpoints

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ScoreJob is the job that counts each month once it has ended.
const ScoreJob = "network.score_officers"

const (
	scoreEvery = time.Hour
	batchSize  = 1000 // tips in one transaction
	// maxPendingMonths is how long a tip waits for its judgement; what nobody judged until then nobody is judged by.
	maxPendingMonths = 12
)

// judgedStates are the states of a tip in which its quality check has ended.
var judgedStates = document.EnumNames([]networkv1.TipState{
	networkv1.TipState_TIP_STATE_ACCEPTED, networkv1.TipState_TIP_STATE_CLOSED,
})

// Score counts every month that has ended since it ran last. Without the source key it says so and counts nothing: the
// months wait for a process that has it.
func (s *Server) Score(ctx context.Context) error {
	for more := true; more; {
		err := record.System(ctx, s.store, ScoreJob, func(ctx context.Context, tx *record.Tx) (err error) {
			more, err = s.scoreNextMonth(ctx, tx)
			return err
		})
		if errors.Is(err, sealing.ErrNoKey) {
			s.log.Warn("officers' points are not counted here: " + sealing.ErrNoKey.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// scoreNextMonth counts the next month if it has ended, and tells whether there may be another. Of many processes one counts.
func (s *Server) scoreNextMonth(ctx context.Context, tx *record.Tx) (bool, error) {
	queries := db.New(tx)
	row, err := queries.LockScoring(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, s.startScoring(ctx, queries)
	}
	if err != nil {
		return false, err
	}
	month := calendar.PeriodOf(calendar.Month, row.NextMonth)
	if !month.Last().Before(clock.Today(s.store.Clock)) {
		return false, nil
	}
	c, err := s.unsealState(row.Carried)
	if err != nil {
		return false, err
	}
	done, err := s.collectTips(ctx, queries, c, month)
	if err != nil {
		return false, err
	}
	if err := recordOpening(ctx, tx, month); err != nil {
		return false, err
	}
	next := month
	if done {
		next = month.Next()
		if err := s.finishMonth(ctx, tx, c, month); err != nil {
			return false, err
		}
	}
	sealed, err := s.sealState(c)
	if err != nil {
		return false, err
	}
	return true, queries.SaveScoring(ctx, db.SaveScoringParams{NextMonth: next.First(), Carried: sealed})
}

// recordOpening records, at the root, that sources were opened; whose is not. Where there are no units, there are no tips either.
func recordOpening(ctx context.Context, tx *record.Tx, month calendar.Period) error {
	root, err := db.New(tx).GetRoot(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: "officerPoints/" + month.String(), UnitPath: root})
}

// finishMonth ends the counting of a month all of whose tips have been read.
func (s *Server) finishMonth(ctx context.Context, tx *record.Tx, c *scoringState, month calendar.Period) error {
	c.Cursor = tipCursor{}
	c.dropExpired(month.First())
	if err := c.addJudged(ctx, db.New(tx), month.First()); err != nil {
		return err
	}
	return s.publishSums(ctx, tx, c, month)
}

// startScoring notes that counting starts with the present month; where another process counts at this moment, nothing happens.
func (s *Server) startScoring(ctx context.Context, queries *db.Queries) error {
	sealed, err := s.sealState(&scoringState{})
	if err != nil {
		return err
	}
	first := calendar.PeriodOf(calendar.Month, clock.Today(s.store.Clock)).First()
	_, err = queries.StartScoring(ctx, db.StartScoringParams{NextMonth: first, Carried: sealed})
	return err
}

func (s *Server) sealState(c *scoringState) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.sealer.SealLong(plain)
}

func (s *Server) unsealState(sealed []byte) (*scoringState, error) {
	c := &scoringState{Pending: map[string]pendingTip{}, Sums: map[string]officerSum{}}
	plain, err := s.sealer.Unseal(sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(bytes.TrimSpace(plain), c); err != nil {
		return nil, err
	}
	if c.Pending == nil {
		c.Pending = map[string]pendingTip{}
	}
	if c.Sums == nil {
		c.Sums = map[string]officerSum{}
	}
	return c, nil
}

// dropExpired drops what has waited too long.
func (c *scoringState) dropExpired(month calendar.Date) {
	oldest := calendar.NewDate(month.Year(), month.Month()-maxPendingMonths, 1)
	for tip, w := range c.Pending {
		if w.Month.Before(oldest) {
			delete(c.Pending, tip)
		}
	}
}

// collectTips adds the next tips that officers sent in a month, a batch of them, to those that wait. It tells whether they were
// the last.
func (s *Server) collectTips(ctx context.Context, queries *db.Queries, c *scoringState, month calendar.Period) (bool, error) {
	from, before := figures.TimeRange(month)
	rows, err := queries.ListSourcesReceived(ctx, db.ListSourcesReceivedParams{
		ReceivedFrom: from, ReceivedBefore: before, AfterTime: c.Cursor.Time, AfterKey: c.Cursor.Key, PageSize: batchSize,
	})
	if err != nil {
		return false, err
	}
	foreign := 0
	for _, r := range rows {
		officer, err := s.senderOf(r.Sealed)
		switch {
		case errors.Is(err, sealing.ErrOtherKey):
			foreign++
		case err != nil:
			return false, err
		case officer != "":
			c.Pending[r.Region+"-"+r.TipKey] = pendingTip{Officer: officer, Month: month.First()}
		}
		c.Cursor = tipCursor{Time: r.ReceiveTime, Key: r.TipKey}
	}
	if foreign > 0 {
		s.log.Info("tips whose source another level holds are left out of officers' points", zap.Int("tips", foreign))
	}
	return len(rows) < batchSize, nil
}

// senderOf is the officer who sent a tip; empty where it was somebody else.
func (s *Server) senderOf(sealed []byte) (string, error) {
	plain, err := s.sealer.Unseal(sealed)
	if err != nil {
		return "", err
	}
	var source struct {
		Officer string `json:"officer"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(plain), &source); err != nil {
		return "", errors.New("a sealed source is not readable") // the cause would repeat the text
	}
	return source.Officer, nil
}

// acceptEvent is what the journal says of a tip that was accepted.
var acceptEvent = access.EventOf(networkv1.TipService_AcceptTip_FullMethodName)

// addJudged moves the tips whose quality check has ended from those that wait into the sums.
func (c *scoringState) addJudged(ctx context.Context, queries *db.Queries, month calendar.Date) error {
	tips := make([]string, 0, len(c.Pending))
	for tip := range c.Pending {
		tips = append(tips, tip)
	}
	for some := range slices.Chunk(tips, batchSize) {
		p := db.ListTipsJudgedParams{Accept: acceptEvent, Judged: judgedStates}
		for _, tip := range some {
			region, key, _ := strings.Cut(tip, "-")
			p.Regions, p.TipKeys = append(p.Regions, region), append(p.TipKeys, key)
		}
		rows, err := queries.ListTipsJudged(ctx, p)
		if err != nil {
			return err
		}
		for _, r := range rows {
			tip := r.Region + "-" + r.TipKey
			added, begun := c.Sums[c.Pending[tip].Officer]
			if !begun {
				added.First = month
			}
			added.add(r.Accepted, r.Unfounded, r.Returns > 0)
			c.Sums[c.Pending[tip].Officer] = added
			delete(c.Pending, tip)
		}
	}
	return nil
}
