package points

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
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// ScoreJob is the job that counts each month once it has ended.
const ScoreJob = "network.score_officers"

const (
	scoreEvery = time.Hour
	batch      = 1000 // tips in one transaction
	// waitMonths is how long a tip waits for its judgement; what nobody judged until then nobody is judged by.
	waitMonths = 12
)

// judgedStates are the states of a tip in which its quality check has ended.
var judgedStates = []int16{int16(networkv1.TipState_TIP_STATE_ACCEPTED), int16(networkv1.TipState_TIP_STATE_CLOSED)}

// Score counts every month that has ended since it ran last. Without the source key it says so and counts nothing: the
// months wait for a process that has it.
func (s *Server) Score(ctx context.Context) error {
	for more := true; more; {
		err := record.System(ctx, s.book, ScoreJob, func(ctx context.Context, tx *record.Tx) (err error) {
			more, err = s.scoreNext(ctx, tx)
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

// scoreNext counts the next month if it has ended, and tells whether there may be another. Of many processes one counts.
func (s *Server) scoreNext(ctx context.Context, tx *record.Tx) (bool, error) {
	queries := db.New(tx)
	held, err := queries.LockScoring(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, s.begin(ctx, queries)
	}
	if err != nil {
		return false, err
	}
	month := calendar.PeriodOf(calendar.Month, calendar.DateOf(held.NextMonth, time.UTC))
	if !month.Last().Before(clock.Today(s.book.Clock)) {
		return false, nil
	}
	c, err := s.open(held.Carried)
	if err != nil {
		return false, err
	}
	done, err := s.collect(ctx, queries, c, month)
	if err != nil {
		return false, err
	}
	// That sources were opened is itself recorded; whose is not.
	if err := tx.Record(ctx, record.Entry{Resource: "officerPoints/" + month.String()}); err != nil {
		return false, err
	}
	next := month
	if done {
		next = month.Next()
		if err := s.finish(ctx, tx, c, month); err != nil {
			return false, err
		}
	}
	sealed, err := s.seal(c)
	if err != nil {
		return false, err
	}
	return true, queries.SaveScoring(ctx, db.SaveScoringParams{NextMonth: next.First().In(time.UTC), Carried: sealed})
}

// finish ends the counting of a month all of whose tips have been read.
func (s *Server) finish(ctx context.Context, tx *record.Tx, c *carried, month calendar.Period) error {
	c.After = cursor{}
	c.forget(month.First())
	if err := c.judge(ctx, db.New(tx), month.First()); err != nil {
		return err
	}
	return s.tell(ctx, tx, c, month)
}

// begin notes that counting starts with the present month; where another process counts at this moment, nothing happens.
func (s *Server) begin(ctx context.Context, queries *db.Queries) error {
	sealed, err := s.seal(&carried{})
	if err != nil {
		return err
	}
	first := calendar.PeriodOf(calendar.Month, clock.Today(s.book.Clock)).First()
	_, err = queries.BeginScoring(ctx, db.BeginScoringParams{NextMonth: first.In(time.UTC), Carried: sealed})
	return err
}

func (s *Server) seal(c *carried) ([]byte, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return s.sealer.SealLong(plain)
}

func (s *Server) open(sealed []byte) (*carried, error) {
	c := &carried{Waiting: map[string]waiting{}, Sums: map[string]sum{}}
	plain, err := s.sealer.Unseal(sealed)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(bytes.TrimSpace(plain), c); err != nil {
		return nil, err
	}
	if c.Waiting == nil {
		c.Waiting = map[string]waiting{}
	}
	if c.Sums == nil {
		c.Sums = map[string]sum{}
	}
	return c, nil
}

// forget drops what has waited too long.
func (c *carried) forget(month calendar.Date) {
	oldest := calendar.NewDate(month.Year(), month.Month()-waitMonths, 1)
	for tip, w := range c.Waiting {
		if w.Month.Before(oldest) {
			delete(c.Waiting, tip)
		}
	}
}

// collect adds the next tips that officers sent in a month, a batch of them, to those that wait. It tells whether they were
// the last.
func (s *Server) collect(ctx context.Context, queries *db.Queries, c *carried, month calendar.Period) (bool, error) {
	from, before := figures.Span(month)
	rows, err := queries.SourcesReceived(ctx, db.SourcesReceivedParams{
		ReceivedFrom: from, ReceivedBefore: before, AfterTime: c.After.Time, AfterKey: c.After.Key, PageSize: batch,
	})
	if err != nil {
		return false, err
	}
	foreign := 0
	for _, r := range rows {
		officer, err := s.sender(r.Sealed)
		switch {
		case errors.Is(err, sealing.ErrOtherKey):
			foreign++
		case err != nil:
			return false, err
		case officer != "":
			c.Waiting[r.Region+"-"+r.TipKey] = waiting{Officer: officer, Month: month.First()}
		}
		c.After = cursor{Time: r.ReceiveTime, Key: r.TipKey}
	}
	if foreign > 0 {
		s.log.Info("tips whose source another level holds are left out of officers' points", zap.Int("tips", foreign))
	}
	return len(rows) < batch, nil
}

// sender is the officer who sent a tip; empty where it was somebody else.
func (s *Server) sender(sealed []byte) (string, error) {
	plain, err := s.sealer.Unseal(sealed)
	if err != nil {
		return "", err
	}
	var source struct {
		Subject string `json:"subject"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(plain), &source); err != nil {
		return "", errors.New("a sealed source is not readable") // the cause would repeat the text
	}
	if _, _, err := resource.Split(source.Subject); err != nil || !strings.HasPrefix(source.Subject, resource.Officers+"/") {
		return "", nil //nolint:nilerr // not an officer of this instance
	}
	return source.Subject, nil
}

// acceptMethod is what the audit says of a tip that was accepted.
const acceptMethod = networkv1.TipService_AcceptTip_FullMethodName

// judge moves the tips whose quality check has ended from those that wait into the sums.
func (c *carried) judge(ctx context.Context, queries *db.Queries, month calendar.Date) error {
	tips := make([]string, 0, len(c.Waiting))
	for tip := range c.Waiting {
		tips = append(tips, tip)
	}
	for some := range slices.Chunk(tips, batch) {
		p := db.TipsJudgedParams{Accept: acceptMethod, Judged: judgedStates}
		for _, tip := range some {
			region, key, _ := strings.Cut(tip, "-")
			p.Regions, p.TipKeys = append(p.Regions, region), append(p.TipKeys, key)
		}
		rows, err := queries.TipsJudged(ctx, p)
		if err != nil {
			return err
		}
		for _, r := range rows {
			tip := r.Region + "-" + r.TipKey
			added, begun := c.Sums[c.Waiting[tip].Officer]
			if !begun {
				added.First = month
			}
			added.add(r.Accepted, r.Unfounded, r.Returns > 0)
			c.Sums[c.Waiting[tip].Officer] = added
			delete(c.Waiting, tip)
		}
	}
	return nil
}
