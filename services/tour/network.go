package tour

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// appoint has the city and the township appoint their officers, and the county fail to (C3).
func (t *Tour) appoint(ctx context.Context) error {
	listed, err := networkv1.NewUnitServiceClient(t.GRPC(as("clerk", Township))).ListUnits(ctx, &networkv1.ListUnitsRequest{
		Unit: Township, Levels: []typev1.Level{typev1.Level_LEVEL_VILLAGE}, PageSize: 3,
	})
	if err != nil {
		return err
	}
	for _, village := range listed.GetUnits() {
		t.summary.Villages = append(t.summary.Villages, village.GetName())
	}
	if len(t.summary.Villages) < 3 {
		return errors.New("the township has too few villages")
	}
	for i, a := range []struct{ role, by, unit string }{
		{"handler", City, Township},
		{"clerk", Township, t.summary.Villages[0]},
		{"clerk", Township, t.summary.Villages[1]},
		{"clerk", Township, t.summary.Villages[2]},
	} {
		officer, err := t.appointOne(ctx, as(a.role, a.by), a.unit, fmt.Sprintf("演示信息员%d", i+1))
		if err != nil {
			return err
		}
		t.summary.Officers = append(t.summary.Officers, officer)
		t.say("%s appointed %s for %s", a.by, officer, a.unit)
	}
	_, err = t.appointOne(ctx, as("clerk", County), t.summary.Villages[0], "演示越级")
	if status.Code(err) != codes.FailedPrecondition {
		return fmt.Errorf("the county appointed for a village: %w", err)
	}
	t.say("refused: %s", status.Convert(err).Message())
	return nil
}

func (t *Tour) appointOne(ctx context.Context, by access.Principal, unit, title string) (string, error) {
	selection := make([]*networkv1.SelectionFinding, 4)
	for i, criterion := range []string{"sound", "trusted", "upright", "observant"} {
		selection[i] = &networkv1.SelectionFinding{Criterion: criterion, How: "演示：村民代表会议评议。"}
	}
	resp, err := networkv1.NewOfficerServiceClient(t.GRPC(by)).AppointOfficer(ctx, &networkv1.AppointOfficerRequest{
		Officer: &networkv1.Officer{
			Title: title, Unit: unit, AppointingUnit: by.Unit, Type: networkv1.OfficerType_OFFICER_TYPE_REGULAR,
			TermFrom: "2026-01-01", PledgedOn: "2026-01-01", Selection: selection,
		},
		RequestId: t.id("appoint " + title),
	})
	return resp.GetName(), err
}

// tips sends tips over both transports, has one returned and sent again, and repeats a request (C8, H8).
func (t *Tour) tips(ctx context.Context) error {
	villages := t.summary.Villages
	for i := range 6 {
		transport, call := "gRPC", t.GRPC
		if i%2 == 1 {
			transport, call = "HTTP", t.HTTP
		}
		village := villages[i%len(villages)]
		sender := access.Principal{
			Subject: "accounts/informant", Officer: t.summary.Officers[1+i%len(villages)], Roles: []string{"informant"},
		}
		req := &networkv1.SubmitTipRequest{
			Content: &networkv1.TipContent{
				Unit: village, SubjectArea: "collective_funds", Channel: "contact_card",
				Title: titleOf(i),
				Body:  "演示信息：本季度一笔集体资金支出未在公开栏列明用途和金额，会议记录中也没有相应的决议。",
			},
			RequestId: t.id(fmt.Sprintf("tip %d", i)),
		}
		if i == 0 {
			req.Content.Body = "演示：听说账目有问题。"
		}
		client := networkv1.NewTipServiceClient(call(sender))
		first, err := client.SubmitTip(ctx, req)
		if err != nil {
			return err
		}
		again, err := client.SubmitTip(ctx, req)
		if err != nil || again.GetReceipt() != first.GetReceipt() {
			return fmt.Errorf("a repeated request gave another receipt: %w", err)
		}
		t.summary.Receipts = append(t.summary.Receipts, first.GetReceipt())
		t.say("tip %d over %s, receipt %s…", i+1, transport, first.GetReceipt()[:11])
	}
	t.say("every request repeated with its id gave its first receipt")
	if err := t.findTips(ctx); err != nil {
		return err
	}
	if err := t.sendBack(ctx); err != nil {
		return err
	}
	return t.handle(ctx)
}

// findTips reads the names of the tips, the first first, as the township's clerk sees them.
func (t *Tour) findTips(ctx context.Context) error {
	listed, err := networkv1.NewTipServiceClient(t.HTTP(as("clerk", Township))).ListTips(ctx, &networkv1.ListTipsRequest{
		Unit: Township, Period: t.summary.Period,
	})
	if err != nil {
		return err
	}
	tips := listed.GetTips()
	if len(tips) != len(t.summary.Receipts) {
		return fmt.Errorf("%d tips were sent and %d arrived", len(t.summary.Receipts), len(tips))
	}
	for i := range tips { // the list tells no order of those of one day
		at := slices.IndexFunc(tips, func(tip *networkv1.Tip) bool { return tip.GetContent().GetTitle() == titleOf(i) })
		if at < 0 {
			return fmt.Errorf("tip %d did not arrive", i+1)
		}
		t.summary.Tips = append(t.summary.Tips, tips[at].GetName())
	}
	return nil
}

// titleOf is the title of a tip of the tour.
func titleOf(i int) string { return fmt.Sprintf("演示：集体资金支出第%d笔未公开", i+1) }

// sendBack returns the tip that says too little; its sender, who has nothing but the receipt, sends it again (H8, X1).
func (t *Tour) sendBack(ctx context.Context) error {
	clerk := networkv1.NewTipServiceClient(t.GRPC(as("clerk", Township)))
	sender := networkv1.NewTipServiceClient(t.HTTP(access.Principal{}))
	if _, err := clerk.ReturnTip(ctx, &networkv1.ReturnTipRequest{
		Name: t.summary.Tips[0], Criteria: []string{"specific", "founded"}, Reason: "请写明是哪一笔支出、何时发生、有何依据。",
		RequestId: t.id("return"),
	}); err != nil {
		return err
	}
	receipt := t.summary.Receipts[0]
	seen, err := sender.FollowTip(ctx, &networkv1.FollowTipRequest{Receipt: receipt})
	if err != nil {
		return err
	}
	t.say("tip 1 returned; its sender reads by receipt: %s", seen.GetReturns()[0].GetReason())
	if _, err := sender.ResubmitTip(ctx, &networkv1.ResubmitTipRequest{
		Receipt: receipt, RequestId: t.id("resubmit"),
		Content: &networkv1.TipContent{
			Unit: t.summary.Villages[0], SubjectArea: "collective_funds", Channel: "contact_card",
			Title: "演示：道路维修款未公开",
			Body:  "演示信息：道路维修款一笔未在公开栏列明，村务会议记录中没有相应决议，公开栏照片可供核对。",
		},
	}); err != nil {
		return err
	}
	t.say("tip 1 came again")
	return nil
}

// handle accepts all tips and closes two.
func (t *Tour) handle(ctx context.Context) error {
	clerk := networkv1.NewTipServiceClient(t.GRPC(as("clerk", Township)))
	scheme, err := networkv1.NewSchemeServiceClient(t.GRPC(as("clerk", Township))).GetEffectiveScheme(ctx,
		&networkv1.GetEffectiveSchemeRequest{Unit: Township})
	if err != nil {
		return err
	}
	var criteria []string
	for _, criterion := range scheme.GetQualityCriteria() {
		criteria = append(criteria, criterion.GetId())
	}
	for i, name := range t.summary.Tips {
		if _, err := clerk.AcceptTip(ctx, &networkv1.AcceptTipRequest{
			Name: name, CriteriaMet: criteria, RequestId: t.id("accept " + name),
		}); err != nil {
			return err
		}
		if i >= 2 {
			continue
		}
		if _, err := clerk.CloseTip(ctx, &networkv1.CloseTipRequest{
			Name: name, Outcome: "solved", Reason: "已公开支出明细。", RequestId: t.id("close " + name),
		}); err != nil {
			return err
		}
	}
	t.say("%d tips accepted, 2 of them closed as solved", len(t.summary.Tips))
	return nil
}

// report waits for the schedule to open the township's report and fills it in; it goes up once its month is over. Of the month
// before, which the city opens by hand, there is nothing to report (C10).
func (t *Tour) report(ctx context.Context) error {
	client := networkv1.NewReportServiceClient(t.GRPC(as("clerk", Township)))
	t.summary.Report = "reports/" + Township[len("units/"):] + ".monthly." + t.summary.Period
	if err := t.awaitReport(ctx, client); err != nil {
		return err
	}
	t.say("%s was opened by the schedule", t.summary.Report)
	if _, err := client.WriteReport(ctx, &networkv1.WriteReportRequest{
		Name: t.summary.Report, RequestId: t.id("write"),
		Values: map[string]*networkv1.ReportValue{
			"information": {Kind: &networkv1.ReportValue_Table{Table: &networkv1.ReportTable{Rows: []*networkv1.ReportRow{
				{Cells: map[string]*networkv1.ReportValue{
					"subject_area": choice("collective_funds"), "channel": choice("contact_card"),
					"matter": text("演示：支出公开不及时"), "unit": text("三个村居"), "handling": choice("being_solved"),
				}},
			}}}},
			"handling": text("演示：两条已解决，其余正在办理。"),
		},
	}); err != nil {
		return err
	}
	computed, err := client.ComputeReport(ctx, &networkv1.ComputeReportRequest{
		Name: t.summary.Report, RequestId: t.id("compute"),
	})
	if err != nil {
		return err
	}
	if _, err := client.ConfirmReport(ctx, &networkv1.ConfirmReportRequest{
		Name: t.summary.Report, Etag: computed.GetEtag(), RequestId: t.id("confirm"),
	}); err != nil {
		return err
	}
	t.say("tables computed (%d rows) and confirmed, due %s", len(computed.GetTables()["tips_by_area"].GetRows()),
		computed.GetCloseOn())
	return t.zeroReport(ctx, client)
}

// zeroReport has the month before opened and sends its report.
func (t *Tour) zeroReport(ctx context.Context, client networkv1.ReportServiceClient) error {
	today := clock.Today(t.Clock)
	opened, err := networkv1.NewReportServiceClient(t.GRPC(as("handler", City))).OpenReport(ctx, &networkv1.OpenReportRequest{
		Unit: Township, Schedule: "monthly", Period: calendar.PeriodOf(calendar.Month, today).Previous().String(),
		CloseOn: today.AddDays(5).String(), Reason: "演示：补上月报告。", RequestId: t.id("open"),
	})
	if err != nil {
		return err
	}
	t.summary.ZeroReport = opened.GetName()
	sent, err := client.SubmitZeroReport(ctx, &networkv1.SubmitZeroReportRequest{
		Name: opened.GetName(), RequestId: t.id("submit"),
	})
	if err != nil {
		return err
	}
	t.say("%s sent with nothing to report", sent.GetName())
	return nil
}

// text is a value of words.
func text(text string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Text{Text: text}}
}

func choice(id string) *networkv1.ReportValue {
	return &networkv1.ReportValue{Kind: &networkv1.ReportValue_Choice{Choice: id}}
}

// How long the schedule has to open a report, and how often it is looked for.
const (
	openWithin = 30 * time.Second
	lookEvery  = 100 * time.Millisecond
)

// awaitReport asks until the report is there: the work queue opens it, on its own.
func (t *Tour) awaitReport(ctx context.Context, client networkv1.ReportServiceClient) error {
	return clock.PollUntil(ctx, openWithin, lookEvery, func(ctx context.Context) (bool, error) {
		_, err := client.GetReport(ctx, &networkv1.GetReportRequest{Name: t.summary.Report})
		if status.Code(err) == codes.NotFound {
			return false, nil
		}
		return err == nil, err
	})
}
