package tips

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// defaultCountsPage is how many counts a page holds where the caller does not say, if they fit. Each page counts the period anew,
// so that few large ones are the cheapest.
const defaultCountsPage = 30000

// cursor is the key that counts are paged by.
type cursor struct{ Unit, Area, Role string }

// LeastFromRole is how many tips must have come in from a role of their senders before it is told apart in counts that others
// read than those who handle the tips: of a role that few hold, fewer would say who sent them (C4).
const LeastFromRole = 3

// CountTips counts by unit concerned, subject area and, where asked for, the role that senders came in from (C4).
func (s *Server) CountTips(ctx context.Context, req *networkv1.CountTipsRequest) (*networkv1.CountTipsResponse, error) {
	from, before, err := figures.ParseTimeRange(req.GetPeriod())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, cursor{})
	if err != nil {
		return nil, err
	}
	if req.GetPageSize() == 0 {
		p.Limit = defaultCountsPage + 1
	}
	readers, err := ReaderLineages(ctx, s.store, clock.Today(s.store.Clock), countReaders(ctx)...)
	if err != nil {
		return nil, err
	}
	subtrees, least := []string{access.Path(access.Target(ctx))}, 0
	if req.GetAlongSystemLine() { // which counts tips that the caller may not read
		least = LeastFromRole
		if subtrees, err = access.Subtrees(ctx, s.directory, access.Target(ctx)); err != nil {
			return nil, err
		}
	}
	in := countFilter{
		Subtree: subtrees[0], From: from, Before: before, Readers: readers, byRole: req.GetBySourceRole(), about: subtrees[1:],
		least: least, today: clock.Today(s.store.Clock),
	}
	rows, err := in.query(ctx, s.store, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	counts, next, err := page.Build(ctx, p, rows, func(r db.CountTipsRow) cursor {
		return cursor{r.UnitID, r.SubjectArea, r.Role}
	},
		func(r db.CountTipsRow) (*networkv1.TipCount, error) { return countOf(r), nil })
	return &networkv1.CountTipsResponse{Counts: counts, NextPageToken: next}, err
}

// countFilter says which tips are counted: those handled in a subtree and received in a span of time, save what must be
// kept from the Readers of the numbers.
type countFilter struct {
	Subtree      string
	From, Before time.Time
	Readers      []string
	today        calendar.Date
	byRole       bool
	about        []string // subtrees about which tips count whoever handles them
	least        int      // how many tips of a role are told apart; of fewer the role is not told
}

// query counts what comes after a key, at most so many lines.
func (in countFilter) query(ctx context.Context, tx db.DBTX, after cursor, most int32) ([]db.CountTipsRow, error) {
	return db.New(tx).CountTips(ctx, db.CountTipsParams{
		Subtree: in.Subtree, AboutPaths: in.about, ReceivedFrom: in.From, ReceivedBefore: in.Before, ReaderUnits: in.Readers,
		Duplicate: tipDuplicate.String(), ByRole: in.byRole, Least: int32(in.least),
		AfterUnit: after.Unit, AfterArea: after.Area, AfterRole: after.Role, PageSize: most,
		Today: in.today,
	})
}

func countOf(r db.CountTipsRow) *networkv1.TipCount {
	return &networkv1.TipCount{
		Unit: resource.Name(resource.Units, r.UnitID), SubjectArea: r.SubjectArea,
		Received: r.Received, Returned: r.Returned, Accepted: r.Accepted, Closed: r.Closed, Urgent: r.Urgent,
		Unfounded: r.Unfounded, SourceRole: r.Role, NotResubmitted: r.NotResubmitted,
	}
}
