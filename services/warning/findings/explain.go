package findings

import (
	"cmp"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// explain says in both languages why a finding stands out; who may not read tips is told of no few tips in words either.
func explain(f *warningv1.Finding, mayRead bool) *typev1.Text {
	said := sentence(f, mayRead)
	return &typev1.Text{Zh: said.In(words.Chinese), En: said.In(words.English)}
}

func sentence(f *warningv1.Finding, mayRead bool) words.Sentence {
	about := words.Named(f.GetCount().GetUnit(), cmp.Or(f.GetAboutTitle(), f.GetCount().GetUnit()))
	area := schemes.TitleOf(f.GetCount().GetSubjectArea(), f.GetSubjectAreaTitle())
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
		level := schemes.TitleOf(f.GetWarningLevel(), f.GetWarningLevelTitle())
		if tips := f.GetCount().GetTips(); mayRead || tips >= int64(f.GetLeastTold()) {
			return words.FindingCriterion(about, area, f.GetPeriod(), strconv.FormatInt(tips, 10), level)
		}
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
