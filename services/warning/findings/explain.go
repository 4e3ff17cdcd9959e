package findings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// explain says in both languages why a finding stands out, and what lies behind it; who may not read tips is told of no few tips
// in words either.
func explain(f *warningv1.Finding, mayRead bool) *typev1.Text {
	said := sentence(f, mayRead)
	text := &typev1.Text{Zh: said.In(words.Chinese), En: said.In(words.English)}
	if behind := Circumstances(f.GetCircumstances()); behind != nil {
		text.Zh += behind.GetZh()
		text.En += " " + behind.GetEn()
	}
	return text
}

func sentence(f *warningv1.Finding, mayRead bool) words.Sentence {
	about := words.Named(f.GetCount().GetUnit(), cmp.Or(f.GetAboutTitle(), f.GetCount().GetUnit()))
	area := areaOf(f)
	if f.GetSource() != nil {
		return ofSource(f.GetSource(), about, area)
	}
	t, least := f.GetTest(), float64(f.GetLeastTold())
	switch t.GetKind() {
	case warningv1.FindingTestKind_FINDING_TEST_KIND_JUMP:
		if !mayRead && min(t.GetStatistic(), t.GetBound(), t.GetExpected()) < least {
			return words.FindingJumpFew(about, area, f.GetPeriod(), probability(t.GetPValue()))
		}
		return words.FindingJump(about, area, f.GetPeriod(), number(t.GetStatistic(), 0), number(t.GetBound(), 1),
			number(t.GetExpected(), 1), probability(t.GetPValue()))
	case warningv1.FindingTestKind_FINDING_TEST_KIND_TREND:
		return words.FindingTrend(about, area, f.GetPeriod(), strconv.Itoa(int(t.GetMonths())), number(t.GetStatistic(), 0),
			number(t.GetTau(), 2), probability(t.GetPValue()))
	case warningv1.FindingTestKind_FINDING_TEST_KIND_SPREAD:
		return words.FindingSpread(about, strconv.Itoa(int(t.GetUnits())), number(t.GetStatistic(), 0), area, f.GetPeriod(),
			number(t.GetExpected(), 1), probability(t.GetPValue()))
	default:
		return onLadder(f, about, area, mayRead || f.GetCount().GetTips() >= int64(f.GetLeastTold()))
	}
}

// onLadder says which level a finding meets, and how many tips there are where that is told.
func onLadder(f *warningv1.Finding, about, area words.Title, told bool) words.Sentence {
	level, tips := schemes.TitleOf(f.GetWarningLevel(), f.GetWarningLevelTitle()), number(float64(f.GetCount().GetTips()), 0)
	whole := f.GetCount().GetSubjectArea() == ""
	switch {
	case whole && told:
		return words.FindingUnitCriterion(about, f.GetPeriod(), level, tips)
	case whole:
		return words.FindingUnitCriterionFew(about, f.GetPeriod(), level)
	case told:
		return words.FindingCriterion(about, area, f.GetPeriod(), tips, level)
	default:
		return words.FindingCriterionFew(about, area, f.GetPeriod(), level)
	}
}

func number(value float64, places int) string { return strconv.FormatFloat(value, 'f', places, 64) }

// rare is the probability below which no more is said than that it is lower.
const rare = 0.0001

func probability(p float64) string {
	if p < rare {
		return "<" + strconv.FormatFloat(rare, 'f', -1, 64)
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

// Problem is what somebody has written of a problem, in one text; empty where nobody has.
func Problem(p *warningv1.FindingProblem) string {
	parts := []string{p.GetForm(), p.GetExtent(), p.GetDegree(), p.GetCause(), p.GetRemedy()}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), "\n")
}
