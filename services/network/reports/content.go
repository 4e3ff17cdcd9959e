package reports

import (
	"fmt"
	"strings"
	"unicode"

	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// CheckSchedule checks what the proto's rules can't say of a schedule.
func CheckSchedule(faults *fault.Fields, path string, schedule *networkv1.Schedule) {
	if calendarpb.Window(schedule.GetWindow()).Validate() != nil {
		faults.Add(path+".window", "window")
	} else if windows(schedule).Validate(calendarpb.Kind(schedule.GetPeriodKind())) != nil {
		faults.Add(path+".later_windows", "later_windows")
	}
	seen := map[networkv1.ReportItem]bool{}
	for i, requested := range schedule.GetContent() {
		if seen[requested.GetItem()] {
			faults.Add(fmt.Sprintf("%s.content[%d].item", path, i), "duplicate", "id", requested.GetItem().String())
		}
		seen[requested.GetItem()] = true
	}
}

// completeness is how much of what a schedule asks a report holds, by weight (C10). What is required and missing is a fault
// that names every place.
func completeness(content []*networkv1.ContentItem, report *networkv1.Report) (*networkv1.ReportRatio, error) {
	ratio := &networkv1.ReportRatio{}
	var missing []fault.Field
	for _, requested := range content {
		weight := int64(max(requested.GetWeight(), 1))
		ratio.Denominator += weight
		gaps := missingParts(requested.GetItem(), report)
		if len(gaps) == 0 {
			ratio.Numerator += weight
			continue
		}
		if requested.GetRequired() {
			for _, path := range gaps {
				missing = append(missing, fault.Field{Path: path, Rule: "required"})
			}
		}
	}
	if len(missing) > 0 {
		return nil, &fault.Fault{Code: codes.FailedPrecondition, Reason: "REPORT_INCOMPLETE", Fields: missing}
	}
	return ratio, nil
}

// missingParts are the places where a report lacks an item; none where it holds it.
func missingParts(item networkv1.ReportItem, report *networkv1.Report) []string {
	parts := report.GetParts()
	switch item {
	case networkv1.ReportItem_REPORT_ITEM_ACTIVITIES:
		return missingText("parts.activities", parts.GetActivities())
	case networkv1.ReportItem_REPORT_ITEM_HANDLING:
		return missingText("parts.handling", parts.GetHandling())
	case networkv1.ReportItem_REPORT_ITEM_PROBLEMS:
		if len(parts.GetProblems()) == 0 {
			return []string{"parts.problems"}
		}
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_FORM:
		return missingInProblems(parts, "form", (*networkv1.Problem).GetForm)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_EXTENT:
		return missingInProblems(parts, "extent", (*networkv1.Problem).GetExtent)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_DEGREE:
		return missingInProblems(parts, "degree", (*networkv1.Problem).GetDegree)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_CAUSE:
		return missingInProblems(parts, "cause", (*networkv1.Problem).GetCause)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_REMEDY:
		return missingInProblems(parts, "remedy", (*networkv1.Problem).GetRemedy)
	case networkv1.ReportItem_REPORT_ITEM_TABLES:
		if report.GetConfirmTime() == nil {
			return []string{"tables"}
		}
	case networkv1.ReportItem_REPORT_ITEM_UNSPECIFIED: // no scheme has it
	}
	return nil
}

func missingInProblems(parts *networkv1.ReportParts, field string, text func(*networkv1.Problem) string) []string {
	gaps := make([]string, 0, len(parts.GetProblems()))
	for i, problem := range parts.GetProblems() {
		gaps = append(gaps, missingText(fmt.Sprintf("parts.problems[%d].%s", i, field), text(problem))...)
	}
	return gaps
}

// missingText is the path of a text that says nothing: without a letter, digit or sign that is seen. Older texts may hold more than the
// rules of today let in.
func missingText(path, text string) []string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) }) {
		return nil
	}
	return []string{path}
}
