package reviews

import (
	"context"
	"encoding/json"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Awaiting asks for entries by what they wait for.
type Awaiting interface {
	GetAsOf() string
	GetReviewStage() string
	GetAwaitsMyReview() bool
	GetJudgingOverdue() bool
}

// Awaiting keeps the entries that await a stage, or the caller's review, where asked. What is in force as of a day waits for
// nobody: both, and the overdue, contradict such a day. List is where the scheme has the stages.
func (r *Register[M]) Awaiting(
	ctx context.Context, faults *fault.Fields, list string, asked Awaiting,
) ([]collection.Filter, error) {
	if asked.GetAsOf() != "" {
		for _, filter := range []struct {
			field string
			set   bool
		}{
			{"review_stage", asked.GetReviewStage() != ""},
			{"awaits_my_review", asked.GetAwaitsMyReview()},
			{"judging_overdue", asked.GetJudgingOverdue()},
		} {
			if filter.set {
				faults.Add(filter.field, words.Contradiction())
			}
		}
		return nil, nil
	}
	at := collection.WhereSet("review_stage = ?", asked.GetReviewStage())
	err := schemes.CheckFilter(ctx, r.Store, faults, "review_stage", list, asked.GetReviewStage())
	if err != nil || !asked.GetAwaitsMyReview() {
		return []collection.Filter{at}, err
	}
	stages, err := r.stagesOf(ctx)
	mine := collection.Where(
		"review_stage IS NOT NULL AND awaits_review_of(?, ?::jsonb, unit_path, body #> '{standing,reviews}')",
		resource.ID(access.PrincipalOf(ctx).Unit), stages)
	return []collection.Filter{at, mine}, err
}

// ReturnedFor keeps the entries that ever were sent back for one of some problems (J4).
func ReturnedFor(problems []string) collection.Filter {
	return collection.Where("problems IS NOT NULL AND jsonb_exists_any(problems, ?::text[])", problems)
}

// stageOf is a stage of a review, as awaits_review_of reads it.
type stageOf struct {
	ID   string `json:"id"`
	Mine bool   `json:"mine"`
}

// stagesOf are the stages of all schemes in force, by their units, each with whether the caller may pass it.
func (r *Register[M]) stagesOf(ctx context.Context) ([]byte, error) {
	all, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, r.Store, clock.Today(r.Store.Clock))
	if err != nil {
		return nil, err
	}
	caller := access.PrincipalOf(ctx)
	own, err := r.directory.Unit(ctx, caller.Unit)
	if err != nil {
		return nil, err
	}
	byUnit := map[string][]stageOf{}
	for unit, scheme := range all {
		for _, stage := range r.Stages(scheme) {
			at := stageOf{ID: stage.GetId(), Mine: holds(caller, stage) && passes(stage, own)}
			byUnit[resource.ID(unit)] = append(byUnit[resource.ID(unit)], at)
		}
	}
	return json.Marshal(byUnit)
}
