package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/network/inquiries"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
)

const pharmacy = "units/section_people_pharmacy"

// Points send, and the centre alone handles, whichever unit a tip is about (H4, H8).
func TestH8_TheCentreHandlesWhatIsSaidOfASection(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	must(h.point(hospital).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: tip(pharmacy, "medical_ethics", "web")}))(t)
	must(h.point(cdc).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: tip(hospital, "work_style", "web")}))(t)
	listed := must(h.centre.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: bureau}))(t).GetTips()
	assert.Len(t, listed, 2)
	for _, found := range listed {
		assert.Equal(t, bureau, found.GetHandlingUnit())
	}
	_, err := h.point(cdc).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: tip(pharmacy, "medical_ethics", "web"), Recipient: hospital,
	})
	networktest.Refused(t, err, codes.InvalidArgument, "recipient")
	_, err = h.centre.ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: listed[1].GetName(), ToUnit: hospital, Reason: "由医院办理。",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "to_unit")
}

func TestH4_WhoHeadsASectionAnswersWhatIsAskedThere(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	due := clock.Today(h.Clock).AddDays(10).String()
	name := must(h.centre.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
		Unit: bureau, Point: pharmacy, Kind: "survey", SubjectUnits: []string{pharmacy}, Title: "处方点评",
		Questions: []string{"由谁点评？"}, DueOn: due,
	}}))(t).GetName()
	answered := must(h.office("section_head", pharmacy).AnswerInquiry(t.Context(),
		&networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"药师。"}}))(t)
	assert.Equal(t, networkv1.InquiryState_INQUIRY_STATE_ANSWERED, answered.GetState())
	_, err := h.office("section_head", "units/section_people_charges").GetInquiry(t.Context(),
		&networkv1.GetInquiryRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
}

// What is not for the point to answer is asked about it without its knowledge, at one of its sections or by the centre itself.
func TestH4_WhoAnInterviewIsAboutNeitherReadsNorHearsOfIt(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	due := clock.Today(h.Clock).AddDays(3)
	asked := func(point, kind string) string {
		return must(h.centre.OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
			Unit: bureau, Point: point, Kind: kind, SubjectUnits: []string{hospital}, Title: "药品回扣",
			Questions: []string{"由谁洽谈？"}, DueOn: due.String(),
		}}))(t).GetName()
	}
	within, itself, survey := asked(pharmacy, "case_interview"), asked(hospital, "case_interview"), asked(hospital, "survey")
	section, point := h.office("section_head", pharmacy), h.point(hospital)
	read := must(section.GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: within}))(t)
	assert.Equal(t, []string{hospital}, read.GetConcealedFrom())
	h.jump(due.AddDays(1).String())
	h.RunJob(inquiries.RemindJob)
	for _, name := range []string{within, itself} {
		must(h.centre.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: &networkv1.InquiryFinding{
			Text: "科主任一人洽谈。", FoundBy: "赵调研", FoundOn: due.String(),
		}}))(t)
		must(h.centre.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "另行处理。"}))(t)
		_, err := point.GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		networktest.Refused(t, err, codes.NotFound)
		_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"无。"}})
		networktest.Refused(t, err, codes.NotFound)
		assert.Empty(t, h.told(t, hospital, name))
	}
	listed := must(point.ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: hospital}))(t).GetInquiries()
	assert.Len(t, listed, 1)
	assert.Equal(t, survey, listed[0].GetName(), "what it answers itself")
	assert.Len(t, must(h.centre.ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: hospital}))(t).GetInquiries(), 3)
	assert.Len(t, h.told(t, hospital, survey), 2)
	heard := must(section.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: pharmacy}))(t).GetMessages()
	assert.Len(t, heard, 3, "opened, overdue and closed")
}

// A new point gets its sections from the centre (H1, H9).
func TestH9_TheCentreFoundsThePostsOfANewPoint(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	h.centre = h.office("duty_reporter", bureau)
	must(h.centre.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "hospital_eye", Unit: &networkv1.Unit{
		Parent: bureau, Title: "市眼科医院", Kind: networkv1.UnitKind_UNIT_KIND_MONITORING_POINT, Level: h.level(t, hospital),
		Sort: "affiliated",
	}}))(t)
	must(h.centre.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "section_eye_pharmacy", Unit: &networkv1.Unit{
		Parent: "units/hospital_eye", Title: "药剂科", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT,
		Level: h.level(t, pharmacy), Sort: "section",
	}}))(t)
}

// level is that of a unit.
func (h *health) level(t *testing.T, unit string) typev1.Level {
	t.Helper()
	return must(h.centre.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: unit}))(t).GetLevel()
}
