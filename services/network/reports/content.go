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
	}
	seen := map[networkv1.ReportItem]bool{}
	for i, asked := range schedule.GetContent() {
		if seen[asked.GetItem()] {
			faults.Add(fmt.Sprintf("%s.content[%d].item", path, i), "duplicate", "id", asked.GetItem().String())
		}
		seen[asked.GetItem()] = true
	}
}

// completeness is how much of what a schedule asks a report holds, by weight (C10). What is required and missing is a fault
// that names every place.
func completeness(content []*networkv1.ContentItem, report *networkv1.Report) (*networkv1.ReportRatio, error) {
	ratio := &networkv1.ReportRatio{}
	var missing []fault.Field
	for _, asked := range content {
		weight := int64(max(asked.GetWeight(), 1))
		ratio.Denominator += weight
		gaps := gapsOf(asked.GetItem(), report)
		if len(gaps) == 0 {
			ratio.Numerator += weight
			continue
		}
		if asked.GetRequired() {
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

// gapsOf are the places where a report lacks an item; none where it holds it.
func gapsOf(item networkv1.ReportItem, report *networkv1.Report) []string {
	parts := report.GetParts()
	switch item {
	case networkv1.ReportItem_REPORT_ITEM_ACTIVITIES:
		return blank("parts.activities", parts.GetActivities())
	case networkv1.ReportItem_REPORT_ITEM_HANDLING:
		return blank("parts.handling", parts.GetHandling())
	case networkv1.ReportItem_REPORT_ITEM_PROBLEMS:
		if len(parts.GetProblems()) == 0 {
			return []string{"parts.problems"}
		}
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_FORM:
		return inProblems(parts, "form", (*networkv1.Problem).GetForm)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_EXTENT:
		return inProblems(parts, "extent", (*networkv1.Problem).GetExtent)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_DEGREE:
		return inProblems(parts, "degree", (*networkv1.Problem).GetDegree)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_CAUSE:
		return inProblems(parts, "cause", (*networkv1.Problem).GetCause)
	case networkv1.ReportItem_REPORT_ITEM_PROBLEM_REMEDY:
		return inProblems(parts, "remedy", (*networkv1.Problem).GetRemedy)
	case networkv1.ReportItem_REPORT_ITEM_TABLES:
		if report.GetConfirmTime() == nil {
			return []string{"tables"}
		}
	case networkv1.ReportItem_REPORT_ITEM_UNSPECIFIED: // no scheme has it
	}
	return nil
}

func inProblems(parts *networkv1.ReportParts, field string, text func(*networkv1.Problem) string) []string {
	gaps := make([]string, 0, len(parts.GetProblems()))
	for i, problem := range parts.GetProblems() {
		gaps = append(gaps, blank(fmt.Sprintf("parts.problems[%d].%s", i, field), text(problem))...)
	}
	return gaps
}

// blank is the path of a text that says nothing: without a letter, digit or sign that is seen. Older texts may hold more than the
// rules of today let in.
func blank(path, text string) []string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) }) {
		return nil
	}
	return []string{path}
}
