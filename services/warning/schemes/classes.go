package schemes

import (
	"fmt"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/detection"
)

const (
	trend  = warningv1.FindingTestKind_FINDING_TEST_KIND_TREND
	spread = warningv1.FindingTestKind_FINDING_TEST_KIND_SPREAD
)

// checkClasses notes what is wrong with the classes of findings and with the rules that name them.
func checkClasses(faults *fault.Fields, s *warningv1.Scheme) {
	schemes.CheckUnique(faults, "scheme.finding_classes", s.GetFindingClasses())
	for i, class := range s.GetFindingClasses() {
		at := fmt.Sprintf("scheme.finding_classes[%d]", i)
		if (class.GetKind() == spread) != (class.GetLevel() > 0) {
			faults.Add(at+".level", words.SpreadOnly())
		}
		if (class.GetKind() == spread) != (class.GetLeastUnits() > 1) {
			faults.Add(at+".least_units", words.SpreadOnly())
		}
		checkMethod(faults, at, class)
	}
	for i, rule := range s.GetAnalysisRules() {
		at := fmt.Sprintf("scheme.analysis_rules[%d].finding_classes", i)
		schemes.CheckAllKnown(faults, at, rule.GetFindingClasses(), s.GetFindingClasses())
		if len(rule.GetFindingClasses()) > 0 && rule.GetPeriodKind() != typev1.PeriodKind_PERIOD_KIND_MONTH {
			faults.Add(at, words.MonthsOnly())
		}
	}
}

// checkMethod holds a class against its method, which must find what it needs in the months looked back on.
func checkMethod(faults *fault.Fields, at string, class *warningv1.FindingClass) {
	first, err := firstMonth(class)
	switch {
	case err != nil:
		faults.Add(at+".method", words.DetectionMethod(err.Error()))
	case first > int(class.GetMonths()):
		faults.Add(at+".months", words.DetectionMonths(strconv.Itoa(first)))
	}
}

// firstMonth is the first month that the method of a class says something of.
func firstMonth(class *warningv1.FindingClass) (int, error) {
	if class.GetKind() != trend {
		method, err := detection.New(class.GetMethod(), class.GetParameters())
		if err != nil {
			return 0, err
		}
		return method.First(), nil
	}
	if class.GetMethod() != "" {
		return 0, fmt.Errorf("a trend has no method, not %q", class.GetMethod())
	}
	test, err := detection.NewMannKendall(class.GetParameters())
	return test.First(), err
}
