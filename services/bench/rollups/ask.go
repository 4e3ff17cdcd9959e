package rollups

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// groupTips is what GetRollUp answers a reader by area and month, counted from the tips themselves.
const groupTips = `
SELECT subject_area, to_char(receive_time AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'),
       count(*), count(*) FILTER (WHERE state = 'TIP_STATE_RETURNED'), count(*) FILTER (WHERE state = 'TIP_STATE_ACCEPTED'),
       count(*) FILTER (WHERE state = 'TIP_STATE_CLOSED'),
       count(*) FILTER (WHERE urgent AND NOT unfounded AND state <> 'TIP_STATE_RETURNED'), count(*) FILTER (WHERE unfounded)
FROM tips
WHERE handling_path <@ $1::ltree AND receive_time >= $2 AND receive_time < $3 AND NOT concealed_from ? $4
GROUP BY 1, 2 ORDER BY 2, subject_area COLLATE "C" LIMIT 1000`

// ask asks random questions, the first few also of the tips.
func (b *run) ask(ctx context.Context) error {
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same questions in every run
	var all, root, grouped []time.Duration
	for i := range questions {
		where := b.places[0]
		if i%10 > 0 {
			where = b.places[dice.IntN(1<<(1+dice.IntN(20)))%len(b.places)] // the few large subtrees as often as the many small
		}
		req := b.question(dice, where)
		compare := i < checked
		if compare {
			req.ByArea, req.ByMonth, req.ByChild = true, true, false
		}
		var resp *networkv1.GetRollUpResponse
		took, err := b.took(func() (err error) {
			resp, err = b.rollups.GetRollUp(ctx, req)
			return err
		})
		if err != nil {
			return err
		}
		all = append(all, took)
		if where == b.places[0] {
			root = append(root, took)
		}
		if compare {
			took, err := b.took(func() error { return b.same(ctx, where, req, resp.GetCells()) })
			if err != nil {
				return err
			}
			grouped = append(grouped, took)
		}
	}
	b.result.Asked, b.result.Root, b.result.Grouped = bench.TimesOf(all), bench.TimesOf(root), bench.TimesOf(grouped)
	return nil
}

// question asks about a unit and a random span of the last two years.
func (b *run) question(dice *rand.Rand, where place) *networkv1.GetRollUpRequest {
	day := calendar.DateOf(b.clock.Now().AddDate(0, -dice.IntN(24), 0), calendar.Shanghai)
	kind := []calendar.PeriodKind{calendar.Month, calendar.Quarter, calendar.HalfYear, calendar.Year}[dice.IntN(4)]
	req := &networkv1.GetRollUpRequest{
		Unit: resource.Name(resource.Units, where.id), FromPeriod: calendar.PeriodOf(kind, day).String(), PageSize: 1000,
		ByArea: dice.IntN(2) == 0, ByChild: dice.IntN(2) == 0, ByMonth: dice.IntN(2) == 0,
	}
	if dice.IntN(5) == 0 { // all there is
		now := calendar.PeriodOf(calendar.Year, calendar.DateOf(b.clock.Now(), calendar.Shanghai))
		req.FromPeriod, req.ToPeriod = now.Previous().Previous().String(), now.String()
	}
	return req
}

// same counts from the tips what a question by area and month asks, and fails where the answer was another.
func (b *run) same(ctx context.Context, where place, req *networkv1.GetRollUpRequest, got []*networkv1.RollUpCell) error {
	from, before, err := figures.ParseTimeRange(req.GetFromPeriod())
	if err != nil {
		return err
	}
	if req.GetToPeriod() != "" {
		if _, before, err = figures.ParseTimeRange(req.GetToPeriod()); err != nil {
			return err
		}
	}
	return b.inNetwork(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, groupTips, where.path, from, before, b.reader())
		if err != nil {
			return err
		}
		want, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
			var c networkv1.RollUpCell
			err := row.Scan(&c.SubjectArea, &c.Month, &c.Received, &c.Returned, &c.Accepted, &c.Closed, &c.Urgent, &c.Unfounded)
			return textOf(&c), err
		})
		if err != nil {
			return err
		}
		for i := range max(len(want), len(got)) {
			if len(want) != len(got) || want[i] != textOf(got[i]) {
				return fmt.Errorf("%s from %s to %s: the roll-up is not what the tips count", where.id, req.GetFromPeriod(),
					req.GetToPeriod())
			}
		}
		return nil
	})
}

func textOf(c *networkv1.RollUpCell) string {
	return fmt.Sprint(c.GetSubjectArea(), c.GetMonth(), c.GetReceived(), c.GetReturned(), c.GetAccepted(), c.GetClosed(),
		c.GetUrgent(), c.GetUnfounded())
}

// count measures CountTips, which counts by the unit concerned and is computed: all pages, of which the root of a very large tree
// has many.
func (b *run) count(ctx context.Context) error {
	month := calendar.PeriodOf(calendar.Month, calendar.DateOf(b.clock.Now(), calendar.Shanghai)).Previous().String()
	for _, c := range []struct {
		where place
		took  *time.Duration
	}{{b.places[1], &b.result.CountedCounty}, {b.places[0], &b.result.CountedRoot}} {
		var err error
		if *c.took, err = b.took(func() error { return b.countAll(ctx, c.where, month) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *run) countAll(ctx context.Context, where place, month string) error {
	req := &networkv1.CountTipsRequest{Unit: resource.Name(resource.Units, where.id), Period: month}
	for {
		resp, err := b.tips.CountTips(ctx, req)
		if err != nil {
			return err
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return nil
		}
	}
}
