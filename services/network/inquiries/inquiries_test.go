package inquiries_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// survey is what the city asks at a township, and nothing is wrong with it.
func survey() *networkv1.Inquiry {
	return &networkv1.Inquiry{
		Unit: networktest.City, Point: networktest.Township, Kind: "survey", SubjectUnits: []string{networktest.Village},
		Title: "村务公开情况调研", Questions: []string{"公开栏多久更新一次？", "更新由谁负责？"}, DueOn: "2026-11-20",
	}
}

func client(s *suitetest.Suite, unit string) networkv1.InquiryServiceClient {
	return networkv1.NewInquiryServiceClient(s.As("clerk", unit))
}

func open(t *testing.T, s *suitetest.Suite, inquiry *networkv1.Inquiry) string {
	t.Helper()
	answer, err := client(s, inquiry.GetUnit()).OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: inquiry})
	require.NoError(t, err)
	return answer.GetName()
}

func finding() *networkv1.InquiryFinding {
	return &networkv1.InquiryFinding{Text: "公开栏自八月起没有更新。", FoundBy: "李调研、赵调研", FoundOn: "2026-11-02"}
}

func TestH4_SurveyIsOpenedAnsweredAndClosed(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, point := client(s, networktest.City), client(s, networktest.Township)
	name := open(t, s, survey())

	conn := networktest.Database(t, s)
	told := func(kind string) (unit string) {
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT unit_id FROM network.messages WHERE kind = $1 AND resource = $2",
			kind, name).Scan(&unit))
		return unit
	}
	assert.Equal(t, "340503001", told("inbox.inquiry"))

	asked, err := point.GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
	require.NoError(t, err)
	assert.Len(t, asked.GetQuestions(), 2)
	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"每月一次。"}})
	networktest.Refused(t, err, codes.InvalidArgument, "texts")
	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"", ""}})
	networktest.Refused(t, err, codes.InvalidArgument, "texts")
	answered, err := point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{
		Name: name, Texts: []string{"每月一次。", ""}, Etag: asked.GetEtag(),
	})
	require.NoError(t, err)
	assert.Equal(t, networkv1.InquiryState_INQUIRY_STATE_ANSWERED, answered.GetState())
	assert.Equal(t, "340500", told("inbox.inquiry_answered"))
	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{
		Name: name, Texts: []string{"每月一次。", "村会计。"}, Etag: asked.GetEtag(),
	})
	networktest.Refused(t, err, codes.Aborted)
	answered, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{
		Name: name, Texts: []string{"每月一次。", "村会计。"},
	})
	require.NoError(t, err)
	assert.Len(t, answered.GetAnswers(), 2, "an earlier answer stays")

	for range 2 {
		_, err = city.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
		require.NoError(t, err)
	}
	closed, err := city.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{
		Name: name, Conclusion: "公开不及时，应定期检查。", RequestId: uuid.NewString(),
	})
	require.NoError(t, err)
	assert.Len(t, closed.GetFindings(), 2)
	_, err = city.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
	assert.Equal(t, "WRONG_STATE", suitetest.Reason(err))
	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"一", "二"}})
	assert.Equal(t, "WRONG_STATE", suitetest.Reason(err))
}

func TestH4_FindingsAreForTheUnitThatAsks(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	inquiry := survey()
	inquiry.Kind = "case_interview"
	name := open(t, s, inquiry)
	city := client(s, networktest.City)
	_, err := city.RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
	require.NoError(t, err)
	_, err = city.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "另行处理。"})
	require.NoError(t, err)
	for unit, full := range map[string]bool{networktest.City: true, networktest.County: false, networktest.Township: false} {
		read, err := client(s, unit).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		require.NoError(t, err)
		listed, err := client(s, unit).ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: unit})
		require.NoError(t, err)
		for _, seen := range []*networkv1.Inquiry{read, listed.GetInquiries()[0]} {
			assert.Equal(t, full, len(seen.GetFindings()) == 1, unit)
			assert.Equal(t, full, seen.GetConclusion() != "", unit)
			assert.Len(t, seen.GetQuestions(), 2, unit)
		}
	}
	for _, unit := range []string{networktest.Village, networktest.OtherTownship} {
		_, err := client(s, unit).GetInquiry(t.Context(), &networkv1.GetInquiryRequest{Name: name})
		networktest.Refused(t, err, codes.NotFound)
	}
}

func TestH4_OnlyThePointAnswersAndOnlyTheOpenerCloses(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := open(t, s, survey())
	texts := []string{"每月一次。", "村会计。"}
	for _, unit := range []string{networktest.City, networktest.County} {
		_, err := client(s, unit).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: texts})
		networktest.Refused(t, err, codes.PermissionDenied)
	}
	for _, unit := range []string{networktest.Township, networktest.County} {
		_, err := client(s, unit).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
		networktest.Refused(t, err, codes.PermissionDenied)
		_, err = client(s, unit).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "无。"})
		networktest.Refused(t, err, codes.PermissionDenied)
	}
	_, err := client(s, networktest.City).OpenInquiry(t.Context(),
		&networkv1.OpenInquiryRequest{Inquiry: func() *networkv1.Inquiry {
			i := survey()
			i.Unit = networktest.County
			return i
		}()})
	networktest.Refused(t, err, codes.PermissionDenied)
	interview := survey()
	interview.Kind = "case_interview"
	_, err = client(s, networktest.Township).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{
		Name: open(t, s, interview), Texts: texts,
	})
	assert.Equal(t, "NOT_FOR_POINT", suitetest.Reason(err))
}

//nolint:paralleltest,tparallel // the cases share one suite, whose end state is checked
func TestH4_FaultyInquiriesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	for name, c := range map[string]struct {
		spoil func(*networkv1.Inquiry)
		named []string
	}{
		"unknown kind": {func(i *networkv1.Inquiry) { i.Kind = "chat" }, []string{"inquiry.kind"}},
		"past day":     {func(i *networkv1.Inquiry) { i.DueOn = "2026-11-01" }, []string{"inquiry.due_on"}},
		"no such day":  {func(i *networkv1.Inquiry) { i.DueOn = "2026-02-30" }, []string{"inquiry.due_on"}},
		"at oneself":   {func(i *networkv1.Inquiry) { i.Point = networktest.City }, []string{"inquiry.point"}},
		"unknown point": {func(i *networkv1.Inquiry) { i.Point = "units/1" }, []string{
			"inquiry.point",
		}},
		"about oneself": {func(i *networkv1.Inquiry) { i.SubjectUnits = []string{networktest.City} }, []string{
			"inquiry.subject_units[0]",
		}},
		"subject twice": {
			func(i *networkv1.Inquiry) { i.SubjectUnits = []string{networktest.Village, networktest.Village} },
			[]string{"inquiry.subject_units[1]"},
		},
		"nothing asked":     {func(i *networkv1.Inquiry) { i.Questions = nil }, []string{"inquiry.questions"}},
		"an empty question": {func(i *networkv1.Inquiry) { i.Questions = []string{""} }, []string{"inquiry.questions[0]"}},
		"hostile text": {func(i *networkv1.Inquiry) { i.Title, i.Questions = "a\u202eb", []string{"\x07"} }, []string{
			"inquiry.title", "inquiry.questions[0]",
		}},
		"over-long question": {func(i *networkv1.Inquiry) { i.Questions = []string{strings.Repeat("长", 501)} }, []string{
			"inquiry.questions[0]",
		}},
		"several at once": {
			func(i *networkv1.Inquiry) { i.Kind, i.DueOn, i.Point = "chat", "2020-01-01", networktest.City },
			[]string{"inquiry.kind", "inquiry.due_on", "inquiry.point"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inquiry := survey()
			c.spoil(inquiry)
			_, err := client(s, networktest.City).OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: inquiry})
			networktest.Refused(t, err, codes.InvalidArgument, c.named...)
		})
	}
	listed, err := client(s, networktest.City).ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: networktest.City})
	require.NoError(t, err)
	assert.Empty(t, listed.GetInquiries(), "nothing was stored")

	name := open(t, s, survey())
	future := finding()
	future.FoundOn = "2026-11-03"
	_, err = client(s, networktest.City).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: future})
	networktest.Refused(t, err, codes.InvalidArgument, "finding.found_on")
	hostile := finding()
	hostile.Text, hostile.FoundBy = "<script>\x00", "'; DROP TABLE inquiries; --\u2066"
	_, err = client(s, networktest.City).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: hostile})
	networktest.Refused(t, err, codes.InvalidArgument, "finding.text", "finding.found_by")
	plain := finding()
	plain.Text, plain.FoundBy = "<script>alert(1)</script>", "'; DROP TABLE inquiries; --"
	kept, err := client(s, networktest.City).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{
		Name: name, Finding: plain,
	})
	require.NoError(t, err)
	assert.Equal(t, plain.GetFoundBy(), kept.GetFindings()[0].GetFoundBy(), "what is only odd is kept as it is")
}

func TestH4_FindingsAreOfDaysSinceTheOpening(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := open(t, s, survey()) // on 2 November
	s.Clock.Advance(3 * 24 * time.Hour)
	for day, named := range map[string][]string{
		"2026-11-01": {"finding.found_on"}, "2026-11-02": nil, "2026-11-05": nil, "2026-11-06": {"finding.found_on"},
		"2026-02-30": {"finding.found_on"}, "": {"finding.found_on"},
	} {
		found := finding()
		found.FoundOn = day
		_, err := client(s, networktest.City).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: found})
		if named == nil {
			require.NoError(t, err, day)
		} else {
			networktest.Refused(t, err, codes.InvalidArgument, named...)
		}
	}
}

// The township has a scheme of its own, none of whose roles answers; the county above it goes by the city's.
func TestH4_NothingIsAskedWhereNobodyMayAnswer(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	schemes := networkv1.NewSchemeServiceClient(s.As(access.Administrator, networktest.City))
	own, err := schemes.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: networktest.City})
	require.NoError(t, err)
	own.Name, own.Unit, own.EffectiveFrom = "schemes/own", networktest.Township, "2026-11-02"
	for _, role := range own.GetRoles() {
		role.Permissions = slices.DeleteFunc(role.GetPermissions(), func(p string) bool {
			return p == "network.*" || p == "network.inquiries.*" || p == "network.inquiries.answer"
		})
	}
	_, err = schemes.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: own})
	require.NoError(t, err)

	for point, title := range map[string]string{networktest.Township: "沙塘路街道", networktest.Village: "沙塘社区居委会"} {
		asked := survey()
		asked.Point = point
		_, err = client(s, networktest.City).OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: asked})
		networktest.Refused(t, err, codes.InvalidArgument, "inquiry.point")
		assert.Equal(t, title+"没有可就调研作答的角色；可作答的上级单位：花山区。", suitetest.FieldViolations(t, err)[0].GetDescription())
	}
	asked := survey()
	asked.Unit = networktest.County
	_, err = client(s, networktest.County).OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{Inquiry: asked})
	networktest.Refused(t, err, codes.InvalidArgument, "inquiry.point")
	assert.Contains(t, suitetest.FieldViolations(t, err)[0].GetDescription(), "上级单位：无。", "none below the county itself")

	asked = survey()
	asked.Point = networktest.County
	open(t, s, asked)
	interview := survey()
	interview.Kind = "case_interview"
	open(t, s, interview) // which the city records itself
}

func TestH4_InquiriesAreListedByPageStateKindAndDay(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	var names []string
	for i := range 5 {
		inquiry := survey()
		if i == 0 {
			inquiry.Kind, inquiry.DueOn = "case_interview", "2026-12-31"
		}
		names = append(names, open(t, s, inquiry))
	}
	city := client(s, networktest.City)
	_, err := city.CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: names[1], Conclusion: "已了解。"})
	require.NoError(t, err)
	for want, req := range map[int]*networkv1.ListInquiriesRequest{
		5: {}, 1: {Kind: "case_interview"}, 3: {DueBefore: "2026-12-01"},
		4: {States: []networkv1.InquiryState{networkv1.InquiryState_INQUIRY_STATE_OPEN}},
	} {
		req.Unit, req.PageSize = networktest.County, 2
		var seen []string
		for {
			page, err := city.ListInquiries(t.Context(), req)
			require.NoError(t, err)
			for _, i := range page.GetInquiries() {
				seen = append(seen, i.GetName())
			}
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				break
			}
		}
		assert.Len(t, seen, want)
	}
	_, err = city.ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{Unit: networktest.County, DueBefore: "2026-02-30"})
	networktest.Refused(t, err, codes.InvalidArgument, "due_before")
}

func TestH4_SuccessorClosesInquiry(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	asked := survey()
	asked.Unit = networktest.County
	name := open(t, s, asked)
	successor, point := "units/340504", client(s, networktest.Township)
	_, err := networkv1.NewTreeServiceClient(s.As(access.Administrator, suitetest.City)).MergeUnits(t.Context(),
		&networkv1.MergeUnitsRequest{
			Into: successor, Units: []*networkv1.MergedUnit{{Name: networktest.County}}, Reason: "区划调整。",
		})
	require.NoError(t, err)
	_, err = point.AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{Name: name, Texts: []string{"每月一次。", ""}})
	require.NoError(t, err)
	var told string
	require.NoError(t, networktest.Database(t, s).QueryRow(t.Context(),
		"SELECT unit_id FROM network.messages WHERE kind = 'inbox.inquiry_answered' AND resource = $1", name).Scan(&told))
	assert.Equal(t, "340504", told)
	_, err = client(s, networktest.City).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已核实。"})
	networktest.Refused(t, err, codes.PermissionDenied)
	_, err = client(s, successor).RecordFinding(t.Context(), &networkv1.RecordFindingRequest{Name: name, Finding: finding()})
	require.NoError(t, err)
	_, err = client(s, successor).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已核实。"})
	require.NoError(t, err)
}

// titles are what a unit was told of an inquiry, the first first.
func titles(t *testing.T, s *suitetest.Suite, unit, name string) (list []string) {
	t.Helper()
	answer, err := networkv1.NewInboxServiceClient(s.As("clerk", unit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit})
	require.NoError(t, err)
	for _, m := range answer.GetMessages() {
		if m.GetResource() == name {
			list = append([]string{m.GetTitle()}, list...)
		}
	}
	return list
}

func TestH4_BothSidesHearOfAnInquiryByItsTitle(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := open(t, s, survey())
	point := []string{"马鞍山市向本单位发起调研（访谈）“村务公开情况调研”，2026-11-20 截止。"}
	var asking []string
	assertTold := func(why string) {
		t.Helper()
		s.RunJob("network.remind_inquiries")
		assert.Equal(t, point, titles(t, s, networktest.Township, name), why)
		assert.Equal(t, asking, titles(t, s, networktest.City, name), why)
	}
	both := func(title string) { point, asking = append(point, title), append(asking, title) }

	s.Clock.Advance(15 * 24 * time.Hour)
	assertTold("17 November")
	s.Clock.Advance(24 * time.Hour)
	both("对沙塘路街道的调研（访谈）“村务公开情况调研”将于 2026-11-20 到期，尚未办结。")
	assertTold("two working days before")
	s.Clock.Advance(3 * 24 * time.Hour)
	both("对沙塘路街道的调研（访谈）“村务公开情况调研”已于 2026-11-20 到期，尚未办结。")
	assertTold("the day after")
	_, err := client(s, networktest.Township).AnswerInquiry(t.Context(), &networkv1.AnswerInquiryRequest{
		Name: name, Texts: []string{"每月一次。", "村会计。"},
	})
	require.NoError(t, err)
	asking = append(asking, "沙塘路街道对调研“村务公开情况调研”已作答。")
	assertTold("answered")
	_, err = client(s, networktest.City).CloseInquiry(t.Context(), &networkv1.CloseInquiryRequest{Name: name, Conclusion: "已核实。"})
	require.NoError(t, err)
	point = append(point, "马鞍山市对本单位的调研（访谈）“村务公开情况调研”已经办结。")
	assertTold("closed")
}
