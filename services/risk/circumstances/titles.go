package circumstances

import (
	"context"
	"maps"
	"slices"
	"strings"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// termsOf are terms of a scheme by their identifiers.
type termsOf func(s *riskv1.Scheme, id string) *typev1.Text

func grades(s *riskv1.Scheme, id string) *typev1.Text { return titleIn(s.GetGrades(), id) }
func causes(s *riskv1.Scheme, id string) *typev1.Text { return titleIn(s.GetCauses(), id) }
func kinds(s *riskv1.Scheme, id string) *typev1.Text  { return titleIn(s.GetDeficiencyKinds(), id) }

func titleIn[E schemes.Titled](entries []E, id string) *typev1.Text {
	if found, ok := schemes.Find(entries, id); ok {
		return found.GetTitle()
	}
	return nil
}

// titles are what the schemes call their terms.
type titles struct {
	byUnit map[string]*riskv1.Scheme
	owners []string // of the schemes
}

// readTitles reads the schemes that hold on a day. There are few.
func readTitles(ctx context.Context, store *record.Store, today calendar.Date) (titles, error) {
	byUnit, err := schemes.EffectiveByUnit[*riskv1.Scheme](ctx, store, today)
	return titles{byUnit, slices.Sorted(maps.Keys(byUnit))}, err
}

// of is what the nearest scheme on a path that has a term calls it; or else another one, since what is counted may lie below a
// scheme of its own.
func (t titles) of(path string, terms termsOf, id string) *typev1.Text {
	for _, unit := range slices.Backward(strings.Split(path, ".")) {
		if title := terms(t.byUnit[resource.Name(resource.Units, unit)], id); title != nil {
			return title
		}
	}
	for _, owner := range t.owners {
		if title := terms(t.byUnit[owner], id); title != nil {
			return title
		}
	}
	return nil
}
