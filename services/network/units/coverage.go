package units

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// gapKey is where a page of gaps ends.
type gapKey struct {
	Path treePath
	Rule string
}

// ListCoverageGaps lists what the units of a subtree lack (C2).
func (s *Server) ListCoverageGaps(
	ctx context.Context, req *networkv1.ListCoverageGapsRequest,
) (*networkv1.ListCoverageGapsResponse, error) {
	p, err := page.Open(req, gapKey{})
	if err != nil {
		return nil, err
	}
	top, today, held := access.Target(ctx), clock.Today(s.book.Clock), &networkv1.Scheme{}
	if err := schemes.Effective(ctx, s.book, access.Lineage(top), today, held); err != nil {
		return nil, err
	}
	asked, err := asking(held, req.GetRule())
	if err != nil {
		return nil, err
	}
	asked.Subtree, asked.Day, asked.PageSize = access.Path(top), today.In(time.UTC), p.Limit
	asked.AfterPath, asked.AfterRule = string(p.After.Path), p.After.Rule
	rows, err := db.New(s.book).ListCoverageGaps(ctx, asked)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, func(r db.ListCoverageGapsRow) gapKey { return gapKey{treePath(r.Path), r.RuleID} },
		func(r db.ListCoverageGapsRow) (*networkv1.CoverageGap, error) {
			rule, _ := schemes.Find(held.GetCoverageRules(), r.RuleID)
			return &networkv1.CoverageGap{
				Unit: resource.Name(resource.Units, r.UnitID), UnitTitle: r.Title, Rule: r.RuleID, Title: rule.GetTitle(),
			}, nil
		})
	return &networkv1.ListCoverageGapsResponse{Gaps: list, NextPageToken: next}, err
}

// asking are the rules of a scheme, or the one of them that is asked about, as the query reads them.
func asking(held *networkv1.Scheme, only string) (db.ListCoverageGapsParams, error) {
	var p db.ListCoverageGapsParams
	for _, rule := range held.GetCoverageRules() {
		if only != "" && rule.GetId() != only {
			continue
		}
		wanted := mask(rule.GetWantedKinds())
		if rule.GetNeed() == networkv1.CoverageNeed_COVERAGE_NEED_OFFICER {
			wanted = mask(rule.GetOfficerTypes())
		}
		p.RuleIds, p.Needs = append(p.RuleIds, rule.GetId()), append(p.Needs, int32(rule.GetNeed()))
		p.LevelMasks, p.KindMasks = append(p.LevelMasks, mask(rule.GetUnitLevels())), append(p.KindMasks, mask(rule.GetUnitKinds()))
		p.WantedMasks = append(p.WantedMasks, wanted)
	}
	var faults fault.Fields
	if only != "" && len(p.RuleIds) == 0 {
		schemes.Known(&faults, "rule", only, held.GetCoverageRules())
	}
	return p, faults.Err()
}

// mask has a bit for each value of an enum; all bits where none is named.
func mask[E ~int32](values []E) int32 {
	if len(values) == 0 {
		return -1
	}
	bits := int32(0)
	for _, v := range values {
		bits |= 1 << v
	}
	return bits
}
