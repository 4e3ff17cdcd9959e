package risk_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// anybody calls without a token.
func anybody(s *suitetest.Suite) riskv1.CommentServiceClient {
	return riskv1.NewCommentServiceClient(s.Unauthenticated())
}

// noticed is a risk point of the civil division, and the publication at the court in which it stands.
func (h courthouse) noticed(t *testing.T) (*riskv1.RiskPoint, *riskv1.Publication) {
	t.Helper()
	point := h.inForce(t, scored("人情案", 2))
	return point, h.leaders.publicise(t, h.leaders.freeze(t, "risk_grades", "风险点公示", ""), "notice_board")
}

func objectTo(publication *riskv1.Publication, point *riskv1.RiskPoint) *riskv1.SubmitCommentRequest {
	return &riskv1.SubmitCommentRequest{
		About: &riskv1.SubmitCommentRequest_Publication{Publication: publication.GetName()},
		Entry: point.GetName(), Text: "等级偏低", RequestId: uuid.NewString(),
	}
}

func follow(t *testing.T, client riskv1.CommentServiceClient, receipt string) *riskv1.FollowCommentResponse {
	t.Helper()
	seen, err := client.FollowComment(t.Context(), &riskv1.FollowCommentRequest{Receipt: receipt})
	require.NoError(t, err)
	return seen
}

// onlyComment is the one objection that a unit has to answer.
func (o office) onlyComment(t *testing.T) *riskv1.Comment {
	t.Helper()
	list, err := o.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: o.unit})
	require.NoError(t, err)
	require.Len(t, list.GetComments(), 1)
	return list.GetComments()[0]
}

func TestJ6_T4_AnUpheldObjectionRegrades(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	sent, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	assert.Equal(t, "2026-11-09", sent.GetDueOn(), "five working days")
	seen := follow(t, anybody(h.Suite), strings.ToLower(sent.GetReceipt()))
	assert.Equal(t, riskv1.CommentState_COMMENT_STATE_RECEIVED, seen.GetState())
	comment := h.group.onlyComment(t)
	assert.Equal(t, "等级偏低 1 units/court_civil units/court",
		strings.Join([]string{comment.GetText(), "1", comment.GetAboutUnit(), comment.GetUnit()}, " "))

	h.Clock.Advance(8 * day)
	endIt := &riskv1.EndPublicationRequest{Name: publication.GetName()}
	_, err = h.leaders.publications.EndPublication(t.Context(), endIt)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "OPEN_OBJECTIONS")
	uphold := &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "异议成立，调整为高风险",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()}, Etag: comment.GetEtag(), RegradeEtag: "stale",
	}
	_, err = h.group.comments.AnswerComment(t.Context(), uphold)
	suitetest.RequireRefused(t, err, codes.Aborted, "ETAG_MISMATCH")
	uphold.RegradeEtag = h.group.get(t, point).GetEtag()
	answered, err := h.group.comments.AnswerComment(t.Context(), uphold)
	require.NoError(t, err)
	assert.Equal(t, "high", answered.GetRegradedTo())
	assert.EqualValues(t, 2, answered.GetRegradedVersion())
	regraded := h.group.get(t, point)
	assert.Equal(t, "high 2 异议成立，调整为高风险", regraded.GetGrade()+" 2 "+regraded.GetStanding().GetChangeReason())
	seen = follow(t, anybody(h.Suite), sent.GetReceipt())
	assert.Equal(t, "COMMENT_STATE_UPHELD 异议成立，调整为高风险 2026-11-10 high",
		strings.Join([]string{seen.GetState().String(), seen.GetAnswer(), seen.GetAnsweredOn(), seen.GetRegradedTo()}, " "))
	assert.Equal(t, []string{
		"区人民法院公示“风险点公示”，其中有本单位的内容，公示期自 2026-11-02 至 2026-11-09。",
		"对公示“风险点公示”中本单位“" + h.division.entries(t, publication)[0].GetRiskPoint().GetDescription() + "”的异议成立：异议成立，调整为高风险",
	}, said(t, h.Suite, "division", courtCivil, publication.GetName(), 2))
	assert.Equal(t, "low", h.division.entries(t, publication)[0].GetRiskPoint().GetGrade(), "what was public stays as it was")

	_, err = h.leaders.publications.EndPublication(t.Context(), endIt)
	require.NoError(t, err)
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "不成立",
	})
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
}

func TestJ6_WhoObjectsIsNotedNowhere(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	h.Clock.Advance(3*time.Hour + 7*time.Minute)
	asked := objectTo(publication, point)
	first, err := h.division.comments.SubmitComment(t.Context(), asked) // with a token, which none asks for
	require.NoError(t, err)
	again, err := h.division.comments.SubmitComment(t.Context(), asked)
	require.NoError(t, err)
	assert.Equal(t, first.GetReceipt(), again.GetReceipt())
	comment := h.group.onlyComment(t)
	startOfDay := time.Date(2026, time.November, 1, 16, 0, 0, 0, time.UTC)
	assert.Equal(t, startOfDay, comment.GetCreateTime().AsTime())
	assert.False(t, comment.GetRegistered())

	conn, err := pgx.Connect(t.Context(), h.Database)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, conn.Close(t.Context())) })
	var actor, request string
	var at time.Time
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT actor, request, at FROM risk.journal WHERE resource = $1`,
		comment.GetName()).Scan(&actor, &request, &at))
	assert.Empty(t, actor+request)
	assert.Equal(t, startOfDay, at.UTC())
	var kept string
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT body::text || receipt_hash FROM risk.comments`).Scan(&kept))
	assert.NotContains(t, kept, "division")
	assert.NotContains(t, kept, first.GetReceipt())
	key, err := uuid.Parse(comment.GetName()[strings.LastIndex(comment.GetName(), "-")+1:])
	require.NoError(t, err)
	sec, nsec := key.Time().UnixTime()
	assert.Equal(t, startOfDay, time.Unix(sec, nsec).UTC(), "the key says the day alone")
}

// A citizen needs no more than a browser.
func TestJ6_X7_AnObjectionIsSentOverHTTPWithoutAnAccount(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	post := func(path, body string) []byte {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+"/risk/v1/comments:"+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer func() { assert.NoError(t, answer.Body.Close()) }()
		said, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", said)
		return said
	}
	sent := &riskv1.SubmitCommentResponse{}
	require.NoError(t, protojson.Unmarshal(post("submit",
		`{"publication": "`+publication.GetName()+`", "entry": "`+point.GetName()+`", "text": "等级偏低"}`), sent))
	seen := &riskv1.FollowCommentResponse{}
	require.NoError(t, protojson.Unmarshal(post("follow", `{"receipt": "`+sent.GetReceipt()+`"}`), seen))
	assert.Equal(t, "2026-11-02", seen.GetReceivedOn())
}

// What a unit has made public of its own is answered above it.
func TestT4_StaffRegisterObjectionsWhichAnotherUnitAnswers(t *testing.T) {
	t.Parallel()
	s := suitetest.Of(t, "t", commerce)
	section, below, above := as(s, "section", markets), as(s, "leading_group_office", markets), as(s, "leading_group_office", commerce)
	asked := riskPoint(markets, 2, 2, 2)
	asked.Category = "decision"
	point := section.submit(t, section.point(t, asked))
	point = above.approveTwice(t, point)
	s.Clock.Advance(day)
	publication := below.publicise(t, below.freeze(t, "grade_catalogue", "市场运行股风险等级目录", ""), "within")
	s.Clock.Advance(2 * day)
	register := func(o office, on string) (*riskv1.RegisterCommentResponse, error) {
		return o.comments.RegisterComment(t.Context(), &riskv1.RegisterCommentRequest{
			About: &riskv1.RegisterCommentRequest_Publication{Publication: publication.GetName()},
			Entry: point.GetName(), Text: "来信反映等级偏高", ReceivedOn: on,
		})
	}
	_, err := register(as(s, "bureau_leaders", markets), "2026-11-04")
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = register(above, "2026-11-06")
	suitetest.RequireFieldFaults(t, err, map[string]string{"received_on": "FUTURE"})
	_, err = register(above, "2026-11-02")
	suitetest.RequireFieldFaults(t, err, map[string]string{"received_on": "BEFORE_PUBLICITY"})
	entered, err := register(above, "2026-11-04")
	require.NoError(t, err)
	assert.Equal(t, "2026-11-11", entered.GetDueOn(), "from the day it came")

	_, err = below.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: entered.GetComment()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	comment, err := above.comments.GetComment(t.Context(), &riskv1.GetCommentRequest{Name: entered.GetComment()})
	require.NoError(t, err)
	assert.Equal(t, commerce, comment.GetUnit())
	assert.True(t, comment.GetRegistered())
	answer := &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "定级符合标准",
		Regrade: &riskv1.Regrade{Points: point.GetPoints()},
	}
	_, err = above.comments.AnswerComment(t.Context(), answer)
	suitetest.RequireFieldFaults(t, err, map[string]string{"regrade": "CONTRADICTION"})
	answer.Outcome = riskv1.CommentState_COMMENT_STATE_UPHELD
	_, err = above.comments.AnswerComment(t.Context(), answer)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NOTHING_CHANGED")
	answer.Regrade.Points = map[string]int32{"frequency": 9}
	_, err = above.comments.AnswerComment(t.Context(), answer)
	suitetest.RequireFieldFaults(t, err, map[string]string{
		`regrade.points["frequency"]`: "POINTS_RANGE", "regrade.points": "POINTS_MISSING",
	})
	answer.Outcome, answer.Regrade = riskv1.CommentState_COMMENT_STATE_RECEIVED, nil
	_, err = above.comments.AnswerComment(t.Context(), answer)
	suitetest.RequireFieldFaults(t, err, map[string]string{"outcome": "ENUM_NOT_IN"})
	answer.Outcome = riskv1.CommentState_COMMENT_STATE_DISMISSED
	answered, err := above.comments.AnswerComment(t.Context(), answer)
	require.NoError(t, err)
	assert.Equal(t, "定级符合标准", answered.GetAnswer())
	assert.Equal(t, "COMMENT_STATE_DISMISSED 定级符合标准",
		follow(t, anybody(s), entered.GetReceipt()).GetState().String()+" "+answered.GetAnswer())
}

func TestJ6_ObjectionsAreRemindedOfUntilAnswered(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
	comment := h.group.onlyComment(t)
	overdue := func() int {
		list, err := h.group.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
			Unit: court, Overdue: true, Publication: publication.GetName(),
		})
		require.NoError(t, err)
		return len(list.GetComments())
	}
	h.RunJob("risk.remind_comments") // on the day itself nobody is told: the hour would tell of who objects
	for range 8 {
		h.Clock.Advance(day)
		h.RunJob("risk.remind_comments")
		h.RunJob("risk.remind_comments")
	}
	number := comment.GetName()[len(comment.GetName())-6:]
	due := "2026-11-02 收到的对公示“风险点公示”中“人情案”的异议（尾号 " + number + "），请于 2026-11-09 前答复。"
	assert.Equal(t, []string{due, due, due, "2026-11-02 收到的对公示“风险点公示”中“人情案”的异议（尾号 " + number + "）应于 2026-11-09 前答复，现已逾期。"},
		said(t, h.Suite, "discipline_group", court, comment.GetName(), 4), "the day after, the day before, on the day and after it")
	assert.Equal(t, 1, overdue())
	_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "由民庭补充防控措施",
	})
	require.NoError(t, err)
	assert.Zero(t, overdue())
	assert.Empty(t, h.group.onlyComment(t).GetRemindOn())
}

func TestJ6_ObjectionsThatAreNotTaken(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	other := h.inForce(t, scored("后来查找的", 2))
	draft := h.leaders.freeze(t, "risk_grades", "草稿", "")
	submit := func(conn grpc.ClientConnInterface, asked *riskv1.SubmitCommentRequest) error {
		_, err := riskv1.NewCommentServiceClient(conn).SubmitComment(t.Context(), asked)
		return err
	}
	for _, conn := range []grpc.ClientConnInterface{h.Unauthenticated(), h.As("court_leaders", court)} {
		suitetest.RequireRefused(t, submit(conn, objectTo(draft, point)), codes.NotFound, "NOT_FOUND")
		suitetest.RequireFieldFaults(t, submit(conn, objectTo(publication, other)), map[string]string{"entry": "NOT_PUBLISHED"})
		suitetest.RequireFieldFaults(t, submit(conn, objectTo(publication, &riskv1.RiskPoint{Name: "powerItems/court-1"})),
			map[string]string{"entry": "NOT_PUBLISHED"})
		suitetest.RequireFieldFaults(t, submit(conn, &riskv1.SubmitCommentRequest{}),
			map[string]string{"publication": "ONE_REQUIRED", "text": "REQUIRED"})
		nameless := objectTo(publication, &riskv1.RiskPoint{})
		suitetest.RequireFieldFaults(t, submit(conn, nameless), map[string]string{"entry": "REQUIRED"})
	}
	asked := h.division.licensing(t, courtCivil)
	asked.Kind = "procedure"
	power := h.group.approvePower(t, h.division.submitPower(t, h.division.power(t, asked), enter))
	charts := h.leaders.publicise(t, h.leaders.freeze(t, "flow_charts", "流程图", ""), "website")
	suitetest.RequireRefused(t, submit(h.Unauthenticated(), objectTo(charts, &riskv1.RiskPoint{Name: power.GetName()})),
		codes.FailedPrecondition, "NO_OBJECTIONS")
	_, err := anybody(h.Suite).FollowComment(t.Context(), &riskv1.FollowCommentRequest{Receipt: "court-7KQ4-7KQ4-7KQ4-7KQ4-7KQ4"})
	suitetest.RequireRefused(t, err, codes.NotFound, "NO_RECEIPT")
	_, err = anybody(h.Suite).ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: court})
	suitetest.RequireRefused(t, err, codes.Unauthenticated, "TOKEN_MISSING")
	_, err = h.leaders.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: court})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")

	h.Clock.Advance(8 * day)
	suitetest.RequireRefused(t, submit(h.Unauthenticated(), objectTo(publication, point)), codes.FailedPrecondition, "PUBLICITY_OVER")
	_, err = h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: publication.GetName()})
	require.NoError(t, err)
	suitetest.RequireRefused(t, submit(h.Unauthenticated(), objectTo(publication, point)), codes.FailedPrecondition, "PUBLICITY_OVER")
}

// However letters and the end of the publicity meet, none is lost: it is answered, and holds up an end that comes after it.
func TestJ6_NoLetterIsLostByTheEnd(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	h.Clock.Advance(8 * day)
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			_, err := h.group.comments.RegisterComment(t.Context(), &riskv1.RegisterCommentRequest{
				About: &riskv1.RegisterCommentRequest_Publication{Publication: publication.GetName()},
				Entry: point.GetName(), Text: "来信反映", ReceivedOn: "2026-11-09",
			})
			assert.NoError(t, err)
		})
		calls.Go(func() {
			_, err := h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: publication.GetName()})
			if err != nil { // a letter came before it, or another end
				assert.Contains(t, []string{"OPEN_OBJECTIONS", "WRONG_STATE"}, suitetest.Reason(err))
			}
		})
	}
	calls.Wait()
	open, err := h.group.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{Unit: court})
	require.NoError(t, err)
	assert.Len(t, open.GetComments(), 8)
}

// Whoever sends many holds up nobody for long: no more are taken than the scheme lets be open, and staff take others.
func TestJ6_AFloodOfObjectionsIsBounded(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	for range 200 {
		_, err := h.division.comments.SubmitComment(t.Context(), objectTo(publication, point))
		require.NoError(t, err)
	}
	_, err := anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "TOO_MANY_OBJECTIONS")
	entered := &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Publication{Publication: publication.GetName()},
		Entry: point.GetName(), Text: "来访反映", ReceivedOn: "2026-11-02",
	}
	_, err = h.group.comments.RegisterComment(t.Context(), entered)
	require.NoError(t, err)
	_, err = as(h.Suite, "discipline_group", courtCivil).comments.RegisterComment(t.Context(), entered)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OBJECTION_ELSEWHERE") // staff enter what came to a unit they reach
	open, err := h.group.comments.ListComments(t.Context(), &riskv1.ListCommentsRequest{
		Unit: court, States: []riskv1.CommentState{riskv1.CommentState_COMMENT_STATE_RECEIVED}, PageSize: 2,
	})
	require.NoError(t, err)
	require.Len(t, open.GetComments(), 2)
	for _, comment := range open.GetComments() { // one of them at least is of the public
		_, err = h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
			Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_DISMISSED, Answer: "内容重复",
		})
		require.NoError(t, err)
	}
	_, err = anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	require.NoError(t, err)
}

// A letter that came while something was public counts, though staff enter it when that is over.
func TestJ6_T4_ALetterOfTheDaysOfPublicityIsTakenAfterwards(t *testing.T) {
	t.Parallel()
	h := newCourthouse(t)
	point, publication := h.noticed(t)
	h.Clock.Advance(8 * day)
	_, err := h.leaders.publications.EndPublication(t.Context(), &riskv1.EndPublicationRequest{Name: publication.GetName()})
	require.NoError(t, err)
	letter := &riskv1.RegisterCommentRequest{
		About: &riskv1.RegisterCommentRequest_Publication{Publication: publication.GetName()},
		Entry: point.GetName(), Text: "来信反映等级偏低", ReceivedOn: "2026-11-10",
	}
	_, err = h.group.comments.RegisterComment(t.Context(), letter)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PUBLICITY_OVER")
	letter.ReceivedOn = "2026-11-09"
	entered, err := h.group.comments.RegisterComment(t.Context(), letter)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-16", entered.GetDueOn())
	_, err = anybody(h.Suite).SubmitComment(t.Context(), objectTo(publication, point))
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "PUBLICITY_OVER")
	answered, err := h.group.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: entered.GetComment(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "异议成立",
		Regrade: &riskv1.Regrade{Points: scored("", 5).GetPoints()},
	})
	require.NoError(t, err)
	assert.Equal(t, "high", answered.GetRegradedTo())
}
