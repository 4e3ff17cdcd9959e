package units

import (
	"context"
	"fmt"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// gapCursor is where a page of gaps ends.
type gapCursor struct {
	Path pathCursor
	Rule string
}

// ListCoverageGaps lists what the units of a subtree lack (C2).
func (s *Server) ListCoverageGaps(
	ctx context.Context, req *networkv1.ListCoverageGapsRequest,
) (*networkv1.ListCoverageGapsResponse, error) {
	p, err := page.Parse(req, gapCursor{})
	if err != nil {
		return nil, err
	}
	today := clock.Today(s.store.Clock)
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.store, &faults, "rule", "coverageRules", req.GetRule()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	byUnit, err := schemes.EffectiveByUnit[*networkv1.Scheme](ctx, s.store, today)
	if err != nil {
		return nil, err
	}
	params := coverageParams(byUnit, req.GetRule())
	if params.Subtrees, err = access.Listed(ctx, s.directory, req.GetAlongSystemLine()); err != nil {
		return nil, err
	}
	params.Day, params.PageSize = today, p.Limit
	params.AfterPath, params.AfterRule = string(p.Cursor.Path), p.Cursor.Rule
	rows, err := db.New(s.store).ListCoverageGaps(ctx, params)
	if err != nil {
		return nil, err
	}
	cursorOf := func(r db.ListCoverageGapsRow) gapCursor { return gapCursor{pathCursor(r.Path), r.RuleID} }
	list, next, err := page.Build(ctx, p, rows, cursorOf,
		func(r db.ListCoverageGapsRow) (*networkv1.CoverageGap, error) {
			scheme := byUnit[resource.Name(resource.Units, r.SchemeUnit)]
			rule, _ := schemes.Find(scheme.GetCoverageRules(), r.RuleID)
			return &networkv1.CoverageGap{
				Unit: resource.Name(resource.Units, r.UnitID), UnitTitle: r.Title, Rule: r.RuleID, Title: rule.GetTitle(),
			}, nil
		})
	return &networkv1.ListCoverageGapsResponse{Gaps: list, NextPageToken: next}, err
}

// coverageParams are the rules of schemes by the units that have these, or those with the one id that is asked about, as the
// query reads them.
func coverageParams(byUnit map[string]*networkv1.Scheme, only string) (p db.ListCoverageGapsParams) {
	for name, scheme := range byUnit {
		unit := resource.ID(name)
		p.SchemeUnits = append(p.SchemeUnits, unit)
		for _, rule := range scheme.GetCoverageRules() {
			if only == "" || rule.GetId() == only {
				addRule(&p, unit, rule)
			}
		}
		for _, schedule := range scheme.GetSchedules() {
			p.ScheduleSchemeUnits = append(p.ScheduleSchemeUnits, unit)
			p.ScheduleLevels = append(p.ScheduleLevels, levelMask(schedule.GetUnitLevels()))
			p.ScheduleKinds = append(p.ScheduleKinds, joinNames(schedule.GetUnitKinds(), networkv1.UnitKind_name))
			p.ScheduleSorts = append(p.ScheduleSorts, strings.Join(schedule.GetUnitSorts(), " "))
		}
	}
	return p
}

func addRule(p *db.ListCoverageGapsParams, unit string, rule *networkv1.CoverageRule) {
	wanted := joinNames(rule.GetWantedKinds(), networkv1.UnitKind_name)
	if rule.GetNeed() == networkv1.CoverageNeed_COVERAGE_NEED_OFFICER {
		wanted = joinNames(rule.GetOfficerTypes(), networkv1.OfficerType_name)
	}
	p.RuleSchemeUnits = append(p.RuleSchemeUnits, unit)
	p.RuleIds, p.Needs = append(p.RuleIds, rule.GetId()), append(p.Needs, rule.GetNeed().String())
	p.LevelMasks = append(p.LevelMasks, levelMask(rule.GetUnitLevels()))
	p.Kinds = append(p.Kinds, joinNames(rule.GetUnitKinds(), networkv1.UnitKind_name))
	p.Wanted = append(p.Wanted, wanted)
}

// joinNames are the names of enum values, split by blanks; of all values where none is named.
func joinNames[E interface {
	~int32
	fmt.Stringer
}](values []E, names map[int32]string) string {
	return strings.Join(document.EnumNames(valuesOrAll(values, names)), " ")
}

// levelMask has a bit for each level; all bits where none is named.
func levelMask(levels []typev1.Level) int32 {
	if len(levels) == 0 {
		return -1
	}
	bits := int32(0)
	for _, level := range levels {
		bits |= 1 << level
	}
	return bits
}
