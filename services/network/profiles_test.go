package network_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// period is the quarter that the scenarios live through.
const period = "2026-Q4"

// body is an institution with its own tree and mechanism, as an administrator set it up on the first morning of the quarter.
type body struct {
	*suitetest.Suite

	// root of its tree.
	root string
	// criteria are what its scheme says officers are selected by (C6).
	criteria []*networkv1.SelectionCriterion
	// keeperRole keeps the network at its root, unitRole acts for every other unit.
	keeperRole, unitRole string
}

// found sets up a profile with a tree; from then on its own roles do all there is to do, and no administrator.
func found(t *testing.T, mechanism, units, root, keeperRole, unitRole string) *body {
	t.Helper()
	b := &body{
		Suite: suitetest.Empty(t, suitetest.StartAt(time.Date(2026, time.October, 1, 9, 0, 0, 0, calendar.Shanghai))), root: root,
		keeperRole: keeperRole, unitRole: unitRole,
	}
	admin := b.As(access.Administrator, root)
	differ, err := treeimport.Import(t.Context(), admin, treeimport.Source{
		File: filepath.Join(suitetest.Profiles(), units, "units.csv"), EffectiveFrom: "2026-01-01",
	}, nil)
	require.NoError(t, err)
	require.Empty(t, differ)
	loaded, err := profile.Load(t.Context(), admin, filepath.Join(suitetest.Profiles(), mechanism))
	require.NoError(t, err)
	require.Contains(t, loaded, profile.Result{Service: "network", File: "network.yaml", Outcome: profile.Created})
	b.criteria = must(networkv1.NewSchemeServiceClient(admin).GetEffectiveScheme(t.Context(),
		&networkv1.GetEffectiveSchemeRequest{Unit: root}))(t).GetSelectionCriteria()
	b.RunJob(reports.OpenReportsJob)
	return b
}

// live lets the body live day by day until a date.
func (b *body) live(day string) {
	for clock.Today(b.Clock).String() < day {
		b.Clock.Advance(24 * time.Hour)
		b.RunJob(reports.OpenReportsJob)
		b.RunJob(reports.RemindReportsJob)
	}
}

// jump goes to a date at once, where nothing is due on the days between.
func (b *body) jump(day string) {
	for clock.Today(b.Clock).String() < day {
		b.Clock.Advance(24 * time.Hour)
	}
	b.RunJob(reports.OpenReportsJob)
	b.RunJob(reports.RemindReportsJob)
}

// office is a role in a unit, with all it may ask of the network.
type office struct {
	networkv1.UnitServiceClient
	networkv1.TreeServiceClient
	networkv1.OfficerServiceClient
	networkv1.TrainingServiceClient
	networkv1.TipServiceClient
	networkv1.AttachmentServiceClient
	networkv1.InquiryServiceClient
	networkv1.ReportServiceClient
	networkv1.ReportExceptionServiceClient
	networkv1.RollUpServiceClient
	networkv1.InboxServiceClient
	networkv1.SchemeServiceClient
}

func (b *body) office(role, unit string) office { return officeOver(b.As(role, unit)) }

// inOffice is what somebody calls with a token made for an officer.
func (b *body) inOffice(officer string) office {
	return officeOver(b.AsPrincipal(access.Principal{Subject: officer, Officer: officer, Roles: []string{"informant"}}))
}

func officeOver(conn grpc.ClientConnInterface) office {
	return office{
		networkv1.NewUnitServiceClient(conn), networkv1.NewTreeServiceClient(conn), networkv1.NewOfficerServiceClient(conn),
		networkv1.NewTrainingServiceClient(conn), networkv1.NewTipServiceClient(conn), networkv1.NewAttachmentServiceClient(conn),
		networkv1.NewInquiryServiceClient(conn), networkv1.NewReportServiceClient(conn),
		networkv1.NewReportExceptionServiceClient(conn), networkv1.NewRollUpServiceClient(conn),
		networkv1.NewInboxServiceClient(conn), networkv1.NewSchemeServiceClient(conn),
	}
}

// roleAt is the role that acts for a unit.
func (b *body) roleAt(unit string) string {
	if unit == b.root {
		return b.keeperRole
	}
	return b.unitRole
}

// keeper is who keeps the network, and sees all of it.
func (b *body) keeper() office { return b.office(b.keeperRole, b.root) }

// must gives an answer that has to be there.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return answer
	}
}

// forget lets the time pass for which a directory remembers where a unit lies.
func (b *body) forget() { b.Clock.Advance(5 * time.Second) }

// gaps are what coverage rules find missing, "unit rule" each.
func (b *body) gaps(t *testing.T, rule string) []string {
	t.Helper()
	answer := must(b.keeper().ListCoverageGaps(t.Context(), &networkv1.ListCoverageGapsRequest{
		Unit: b.root, Rule: rule,
		PageSize: 1000,
	}))(t)
	lines := make([]string, len(answer.GetGaps()))
	for i, g := range answer.GetGaps() {
		lines[i] = g.GetUnit() + " " + g.GetRule()
	}
	return lines
}

// units are the names of the units of a subtree that have one of these sorts.
func (b *body) units(t *testing.T, sort ...string) []string {
	t.Helper()
	answer := must(b.keeper().ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: b.root, Sorts: sort, PageSize: 1000}))(t)
	names := make([]string, len(answer.GetUnits()))
	for i, u := range answer.GetUnits() {
		names[i] = u.GetName()
	}
	return names
}

// candidate is a person to appoint from the start of the quarter, selected by all that the scheme asks of such officers.
func (b *body) candidate(by, unit string, kind networkv1.OfficerType) *networkv1.AppointOfficerRequest {
	officer := networktest.Officer(by, unit, kind)
	officer.TermFrom, officer.Selection = "2026-10-01", nil
	for _, criterion := range b.criteria {
		if len(criterion.GetOfficerTypes()) == 0 || slices.Contains(criterion.GetOfficerTypes(), kind) {
			officer.Selection = append(officer.Selection, networktest.Selected(criterion.GetId())...)
		}
	}
	return &networkv1.AppointOfficerRequest{Officer: officer}
}

// told are the kinds of messages of a unit about a record, the oldest first, as "day kind".
func (b *body) told(t *testing.T, unit, about string) []string {
	t.Helper()
	answer := must(b.office(b.roleAt(unit), unit).ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit, PageSize: 1000}))(t)
	var lines []string
	for _, m := range slices.Backward(answer.GetMessages()) {
		if m.GetResource() == about {
			lines = append(lines, calendar.DateOf(m.GetCreateTime().AsTime(), calendar.Shanghai).String()+" "+strings.TrimPrefix(
				m.GetKind(), "inbox.",
			))
		}
	}
	return lines
}

// tip is what is known of a unit, with nothing wrong with it.
func tip(unit, area, channel string) *networkv1.TipContent {
	return &networkv1.TipContent{Unit: unit, SubjectArea: area, Channel: channel, Title: "收费不公示", Body: "窗口未张贴收费标准，有照片为证。"}
}

// fuller is a tip with what was missing of it.
func fuller(content *networkv1.TipContent) *networkv1.TipContent {
	content.Body += "十月二十日所见。"
	return content
}

// register has staff enter what reached them today, and gives the tip's name.
func (b *body) register(t *testing.T, staff office, at string, content *networkv1.TipContent) string {
	t.Helper()
	return must(staff.RegisterTip(t.Context(), &networkv1.RegisterTipRequest{
		Unit: at, Content: content, ReceivedOn: clock.Today(b.Clock).String(), ReceivedBy: "王登记",
	}))(t).GetTip()
}

// submitted sends a tip over the network and gives its receipt and its name, which only the handler learns.
func (b *body) submitted(t *testing.T, sender office, content *networkv1.TipContent) (receipt, name string) {
	t.Helper()
	receipt = must(sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content}))(t).GetReceipt()
	return receipt, networktest.NewestTip(t, b.Suite)
}

// attach uploads the original of a tip.
func attach(t *testing.T, staff office, name string) {
	t.Helper()
	data := []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
	begun := must(staff.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{Owner: name, File: &typev1.AttachmentFile{
		FileName: "原件.pdf", MediaType: "application/pdf", Size: int64(len(data)),
	}}))(t)
	must(staff.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
		Data: data,
	}))(t)
	must(staff.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name:        begun.GetName(),
		UploadToken: begun.GetUploadToken(),
	}))(t)
}

// accepting accepts a tip that meets every criterion of the scheme.
func accepting(t *testing.T, handler office, name string) *networkv1.AcceptTipRequest {
	t.Helper()
	tip := must(handler.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name}))(t)
	scheme := must(handler.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: tip.GetHandlingUnit()}))(t)
	req := &networkv1.AcceptTipRequest{Name: name}
	for _, criterion := range scheme.GetQualityCriteria() {
		req.CriteriaMet = append(req.CriteriaMet, criterion.GetId())
	}
	return req
}

// settle accepts and closes a tip.
func settle(t *testing.T, handler office, name, outcome string) {
	t.Helper()
	must(handler.AcceptTip(t.Context(), accepting(t, handler, name)))(t)
	must(handler.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: outcome, Reason: "已核实。"}))(t)
}

// quality is how good a closed or accepted tip was judged to be.
func quality(t *testing.T, handler office, name string) int32 {
	t.Helper()
	return must(handler.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name}))(t).GetQuality()
}

// confirm writes, computes and confirms a report.
func confirm(t *testing.T, own office, name string, values networktest.Values) {
	t.Helper()
	must(own.WriteReport(t.Context(), &networkv1.WriteReportRequest{Name: name, Values: values}))(t)
	computed := must(own.ComputeReport(t.Context(), &networkv1.ComputeReportRequest{Name: name}))(t)
	must(own.ConfirmReport(t.Context(), &networkv1.ConfirmReportRequest{Name: name, Etag: computed.GetEtag()}))(t)
}

// send does all that a unit does to send a report in time.
func send(t *testing.T, own office, name string, values networktest.Values) *networkv1.Report {
	t.Helper()
	confirm(t, own, name, values)
	return must(own.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: name}))(t)
}

// reportOf is the name of a unit's report.
func reportOf(unit, schedule, period string) string {
	return "reports/" + strings.TrimPrefix(unit, "units/") + "." + schedule + "." + period
}

// assertComplete checks that all was filled in of so many items that were asked; a zero report is asked for none.
func assertComplete(t *testing.T, sum *networkv1.ReportSummary, asked int64) {
	t.Helper()
	assert.Equal(t, [2]int64{asked, asked}, [2]int64{
		sum.GetCompleteness().GetNumerator(), sum.GetCompleteness().GetDenominator(),
	})
}

// assertRates checks a summary: owed, exempted, sent in time, sent late, and the rates that follow.
func assertRates(t *testing.T, sum *networkv1.ReportSummary, expected, exempted, onTime, late int64) {
	t.Helper()
	owed := expected - exempted
	assert.Equal(t, []int64{expected, exempted, onTime + late, onTime, late, owed - onTime - late}, []int64{
		sum.GetExpected(), sum.GetExempted(), sum.GetSubmitted(), sum.GetOnTime(), sum.GetLate(), sum.GetOverdue(),
	})
	assert.Equal(t, [2]int64{onTime + late, owed}, [2]int64{
		sum.GetReporting().GetNumerator(), sum.GetReporting().GetDenominator(),
	})
	assert.Equal(t, [2]int64{onTime, owed}, [2]int64{sum.GetTimeliness().GetNumerator(), sum.GetTimeliness().GetDenominator()})
}

// rolled is what the roll-up of the quarter says of a unit.
func (b *body) rolled(t *testing.T, unit string) *networkv1.RollUpCell {
	t.Helper()
	cells := must(b.keeper().GetRollUp(t.Context(), &networkv1.GetRollUpRequest{Unit: unit, FromPeriod: period}))(t).GetCells()
	if len(cells) == 0 {
		return &networkv1.RollUpCell{}
	}
	require.Len(t, cells, 1)
	b.verify(t, unit)
	return cells[0]
}

// train holds a course for those whom a unit appointed, save the last few, who stay away, and gives the coverage of officers of
// one type. One of those invited reads of it, and the handbook, by the role that officers have.
func (b *body) train(
	t *testing.T, trainer office, role, unit string, kind networkv1.OfficerType, absent int,
) [2]int64 {
	t.Helper()
	session := must(trainer.ScheduleTrainingSession(t.Context(),
		&networkv1.ScheduleTrainingSessionRequest{Session: &networkv1.TrainingSession{
			Unit: unit, Form: "course", Title: "信息写作", FirstDay: clock.Today(b.Clock).String(),
		}}))(t).GetName()
	must(trainer.InviteOfficers(t.Context(), &networkv1.InviteOfficersRequest{Name: session, AllAppointed: true}))(t)
	invited := must(trainer.ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{
		Name:     session,
		PageSize: 1000,
	}))(t).GetAttendances()
	b.readsMessagesAndHandbook(t, role, invited[0].GetUnit(), unit, session)
	serving := must(trainer.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{
		Unit: unit, Types: []networkv1.OfficerType{kind}, PageSize: 1000,
	}))(t).GetOfficers()
	req := &networkv1.RecordAttendanceRequest{Name: session}
	for _, o := range serving {
		if !slices.ContainsFunc(invited, func(a *networkv1.Attendance) bool { return a.GetOfficer() == o.GetName() }) {
			continue
		}
		if len(req.GetAbsent()) < absent {
			req.Absent = append(req.Absent, o.GetName())
		} else {
			req.Attended = append(req.Attended, o.GetName())
		}
	}
	must(trainer.RecordAttendance(t.Context(), req))(t)
	total := must(trainer.GetTrainingCoverage(t.Context(), &networkv1.GetTrainingCoverageRequest{
		Unit: unit, OfficerTypes: []networkv1.OfficerType{kind},
	}))(t).GetTotal()
	return [2]int64{total.GetNumerator(), total.GetDenominator()}
}

// readsMessagesAndHandbook has an officer read the invitation to a session, and the handbook that the unit that trains publishes.
func (b *body) readsMessagesAndHandbook(t *testing.T, role, unit, trainer, session string) {
	t.Helper()
	must(networkv1.NewHandbookServiceClient(b.As(b.roleAt(trainer), trainer)).PublishHandbook(t.Context(),
		&networkv1.PublishHandbookRequest{Handbook: &networkv1.Handbook{
			Unit: trainer, Title: "信息员手册", Version: "2026年版", PublishedOn: clock.Today(b.Clock).String(),
		}}))(t)
	mine := b.As(role, unit)
	messages := must(networkv1.NewInboxServiceClient(mine).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.training_invitation"}}))(t).GetMessages()
	if assert.Len(t, messages, 1) {
		assert.Equal(t, session, messages[0].GetResource())
		assert.Contains(t, messages[0].GetTitle(), "信息写作")
	}
	trainings := networkv1.NewTrainingServiceClient(b.As(b.roleAt(unit), unit))
	listed := must(trainings.ListTrainingSessions(t.Context(), &networkv1.ListTrainingSessionsRequest{Unit: unit, Invited: true}))(t)
	if assert.Len(t, listed.GetSessions(), 1, "the session is found in the list too") {
		assert.Equal(t, session, listed.GetSessions()[0].GetName())
	}
	for _, a := range must(trainings.ListAttendances(t.Context(), &networkv1.ListAttendancesRequest{Name: session}))(t).GetAttendances() {
		assert.Equal(t, unit, a.GetUnit())
	}
	assert.Len(t, must(networkv1.NewHandbookServiceClient(mine).ListHandbooks(t.Context(),
		&networkv1.ListHandbooksRequest{Unit: unit}))(t).GetHandbooks(), 1)
}

// verify has the operator of the instance, whom no profile names, check its books.
func (b *body) verify(t *testing.T, unit string) {
	t.Helper()
	operator := b.office(access.Administrator, b.root)
	kept := must(operator.VerifyRollUp(t.Context(), &networkv1.VerifyRollUpRequest{Unit: unit, FromPeriod: period}))(t)
	assert.Empty(t, kept.GetDifferences(), "what is kept is what the tips count")
}

// warn has a unit warn one below it, which acknowledges and, unless that ends a reminder, rectifies, and follow it to the end (H9).
func (b *body) warn(t *testing.T, by, unit, level string) {
	t.Helper()
	above := warningv1.NewWarningServiceClient(b.As(b.roleAt(by), by))
	below := warningv1.NewWarningServiceClient(b.As(b.warnedRole(unit), unit))
	name := must(above.IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: unit, WarningLevel: level, Title: "收费不公示", Grounds: "两处窗口未张贴收费标准。", SupervisingUnit: by,
	}))(t).GetName()
	received := must(below.AcknowledgeWarning(t.Context(), &warningv1.AcknowledgeWarningRequest{Name: name}))(t)
	if received.GetState() == warningv1.WarningState_WARNING_STATE_CLOSED {
		return
	}
	must(below.SubmitRectification(t.Context(), &warningv1.SubmitRectificationRequest{
		Name: name, Rectification: &warningv1.Rectification{Measures: "已张贴收费标准。"},
	}))(t)
	must(above.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: by, Passed: true, Note: "已实地核查。",
	}))(t)
	ended := must(above.CloseWarning(t.Context(), &warningv1.CloseWarningRequest{Name: name, Note: "已办结"}))(t)
	assert.Equal(t, warningv1.WarningState_WARNING_STATE_CLOSED, ended.GetState())
}

// warnedRole is the role that answers a warning for a unit.
func (b *body) warnedRole(unit string) string {
	if strings.HasPrefix(unit, "units/post_") {
		return "post_holder"
	}
	if strings.HasPrefix(unit, "units/section_") {
		return "section_head"
	}
	return b.roleAt(unit)
}
