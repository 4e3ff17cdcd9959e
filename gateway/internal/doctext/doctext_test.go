package doctext_test

import (
	"testing"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/doctext"
)

func TestCommentsBecomeTexts(t *testing.T) {
	t.Parallel()
	const comment = "CountTips counts the tips of a period (C12, H8),\nby unit. Errors: NOT_FOUND."
	summary, description := doctext.SplitComment(comment, "CountTips")
	if summary != "Counts the tips of a period, by unit" ||
		description != "Counts the tips of a period, by unit.\n\nErrors: NOT_FOUND." {
		t.Errorf("%q, %q", summary, description)
	}
	if text := doctext.Comment("Tip is one piece of information (预警信息).", "Tip"); text != "One piece of information (预警信息)." {
		t.Errorf("%q", text)
	}
	long := "Refers a tip to a unit above its handling unit or below it, never to the unit concerned; nor to what lies below. More."
	if summary, _ := doctext.SplitComment(long,
		"ReferTip"); summary != "Refers a tip to a unit above its handling unit or below it" {
		t.Errorf("%q", summary)
	}
	if summary, description := doctext.Split("转办信息。须说明理由。"); summary != "转办信息" || description != "转办信息。须说明理由。" {
		t.Errorf("%q, %q", summary, description)
	}
}

func TestErrorsAreListedWithTheirReasons(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"X does. Errors: NOT_FOUND; FAILED_PRECONDITION, reason WRONG_STATE or\nTOO_MANY; ABORTED.": "NOT_FOUND；FAILED_PRECONDITION（WRONG_STATE、TOO_MANY）；ABORTED",
		"X does. Errors: those of SignPledge, and FAILED_PRECONDITION, reason HAS_OPEN_WORK.":       "同 SignPledge；FAILED_PRECONDITION（HAS_OPEN_WORK）",
		"X does. Errors as for CreateAttachment.":                                                   "同 CreateAttachment",
		"X never fails.": "",
	} {
		if got := doctext.Errors(comment); got != want {
			t.Errorf("%q: %q, want %q", comment, got, want)
		}
	}
}
