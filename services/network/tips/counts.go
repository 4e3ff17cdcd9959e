package tips

import (
	"context"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// DefaultCountsPage is how many counts a page holds where the caller does not say, if they fit. Each page counts the period anew,
// so that few large ones are the cheapest.
const DefaultCountsPage = 30000

// cursor is the key that counts are paged by.
type cursor struct{ Unit, Area, Role string }

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
		p.Limit = DefaultCountsPage + 1
	}
	readers, err := CountReaders(ctx, s.store, clock.Today(s.store.Clock))
	if err != nil {
		return nil, err
	}
	subtree, about, err := CountedSubtrees(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	params := db.CountTipsParams{
		Subtree: subtree, AboutPaths: about, ReceivedFrom: from, ReceivedBefore: before, ReaderUnits: readers,
		Duplicate: tipDuplicate.String(), Today: clock.Today(s.store.Clock),
		AfterUnit: p.Cursor.Unit, AfterArea: p.Cursor.Area, AfterRole: p.Cursor.Role, PageSize: p.Limit,
	}
	if req.GetBySourceRole() {
		if err := s.countRoles(ctx, &params, req.GetAlongSystemLine()); err != nil {
			return nil, err
		}
	}
	rows, err := db.New(s.store).CountTips(ctx, params)
	if err != nil {
		return nil, err
	}
	counts, next, err := page.Build(ctx, p, rows, func(r db.CountTipsRow) cursor {
		return cursor{r.UnitID, r.SubjectArea, r.Role}
	},
		func(r db.CountTipsRow) (*networkv1.TipCount, error) { return countOf(r), nil })
	return &networkv1.CountTipsResponse{Counts: counts, NextPageToken: next}, err
}

// CountedSubtrees are where a call counts: all that is handled in the one, and what is about the others, which lie below the unit
// that it names on the system line.
func CountedSubtrees(ctx context.Context, d access.Directory, along bool) (handled string, about []string, err error) {
	if !along {
		return access.Path(access.Target(ctx)), []string{}, nil
	}
	paths, err := access.Subtrees(ctx, d, access.Target(ctx))
	return paths[0], paths[1:], err
}

// countRoles has the roles counted that the tips tell of their senders. Where tips count that the caller may not read, a role
// from which few came is not told apart.
func (s *Server) countRoles(ctx context.Context, params *db.CountTipsParams, fold bool) error {
	least, err := LeastToReader(ctx, s.directory)
	if err != nil {
		return err
	}
	if fold {
		params.Least = int32(least)
	}
	held, err := db.New(s.store).RolesOfTips(ctx, db.RolesOfTipsParams{
		Subtree: params.Subtree, AboutPaths: params.AboutPaths, ReceivedFrom: params.ReceivedFrom,
		ReceivedBefore: params.ReceivedBefore, ReaderUnits: params.ReaderUnits, Duplicate: params.Duplicate,
	})
	if err != nil {
		return err
	}
	for _, row := range held {
		params.SourceUnits = append(params.SourceUnits, row.SourceUnitID)
		params.HeldRoles = append(params.HeldRoles, row.SourceRoles)
	}
	roles := NewSourceRoles(least)
	if err := roles.Learn(ctx, s.store, clock.Today(s.store.Clock), params.SourceUnits); err != nil {
		return err
	}
	params.ToldRoles, err = roles.ToldLists(params.SourceUnits, params.HeldRoles)
	return err
}

func countOf(r db.CountTipsRow) *networkv1.TipCount {
	return &networkv1.TipCount{
		Unit: resource.Name(resource.Units, r.UnitID), SubjectArea: r.SubjectArea,
		Received: r.Received, Returned: r.Returned, Accepted: r.Accepted, Closed: r.Closed, Urgent: r.Urgent,
		Unfounded: r.Unfounded, SourceRole: r.Role, NotResubmitted: r.NotResubmitted,
	}
}
