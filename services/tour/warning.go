package tour

import (
	"context"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// warn analyses the month and follows a warning to its end (C11, C12, C12b, T7, H9).
func (t *Tour) warn(ctx context.Context) error {
	handler := t.GRPC(as("handler", City))
	run, err := warningv1.NewAnalysisServiceClient(handler).RunAnalysis(ctx, &warningv1.RunAnalysisRequest{
		Unit: City, Period: t.summary.Period, RequestId: t.id("analysis"),
	})
	if err != nil {
		return err
	}
	t.summary.Analysis = run.GetName()
	found, err := warningv1.NewFindingServiceClient(handler).ListFindings(ctx, &warningv1.ListFindingsRequest{
		Unit: City, AboutUnit: Township, Period: t.summary.Period,
	})
	if err != nil {
		return err
	}
	for _, finding := range found.GetFindings() {
		t.summary.Finding, t.summary.WarningLevel = finding.GetName(), finding.GetWarningLevel()
		t.say("found: %s", finding.GetExplanation().GetEn())
	}
	issued, err := warningv1.NewWarningServiceClient(handler).IssueWarning(ctx, &warningv1.IssueWarningRequest{
		Unit: Township, WarningLevel: t.summary.WarningLevel, Title: "演示：集体资金公开问题",
		Grounds: "演示：本月反映集体资金支出公开不及时的信息较多，涉及三个村居。", Finding: t.summary.Finding,
		SupervisingUnit: County, RequestId: t.id("issue"),
	})
	if err != nil {
		return err
	}
	w := issued
	t.summary.Warning, t.summary.Notice = w.GetName(), w.GetNotice().GetNumber()
	t.say("%s warning issued, notice %s: %s", w.GetWarningLevel(), w.GetNotice().GetNumber(),
		w.GetAwaited().GetDeadline().GetArithmetic().GetEn())
	if err := t.talk(ctx); err != nil {
		return err
	}
	return t.rectify(ctx)
}

// talk lets the township acknowledge and explain, and the city talk with it, on a record that both sign.
func (t *Tour) talk(ctx context.Context) error {
	name := t.summary.Warning
	addressee := warningv1.NewWarningServiceClient(t.HTTP(as("clerk", Township)))
	if _, err := addressee.AcknowledgeWarning(ctx, &warningv1.AcknowledgeWarningRequest{
		Name: name, RequestId: t.id("acknowledge"),
	}); err != nil {
		return err
	}
	if _, err := addressee.ExplainWarning(ctx, &warningv1.ExplainWarningRequest{
		Name: name, Explanation: "演示：公开栏更新滞后，原因是没有统一时限。", RequestId: t.id("explain"),
	}); err != nil {
		return err
	}
	held, err := warningv1.NewWarningServiceClient(t.GRPC(as("handler", City))).RecordTalk(ctx, &warningv1.RecordTalkRequest{
		Name: name, RequestId: t.id("talk"), Talk: &warningv1.Talk{
			HeldOn: clock.Today(t.Clock).String(), HeldBy: "演示：分管负责人", HeldWith: "演示：镇长", Record: "演示：要求规定公开时限并限期整改。",
		},
	})
	if err != nil {
		return err
	}
	_, err = addressee.SignTalk(ctx, &warningv1.SignTalkRequest{Name: name, Etag: held.GetEtag(), RequestId: t.id("sign")})
	t.say("the township acknowledged and explained, the city talked with it, and both signed")
	return err
}

// rectify lets the township rectify, the county check and the city close.
func (t *Tour) rectify(ctx context.Context) error {
	name := t.summary.Warning
	addressee := warningv1.NewWarningServiceClient(t.HTTP(as("clerk", Township)))
	evidence, err := t.attachEvidence(ctx, name)
	if err != nil {
		return err
	}
	if _, err := addressee.SubmitRectification(ctx, &warningv1.SubmitRectificationRequest{
		Name: name, RequestId: t.id("rectify"),
		Rectification: &warningv1.Rectification{
			Measures:    "演示：制定公开办法，规定每月五日前公开上月支出。",
			Attachments: []string{evidence},
		},
	}); err != nil {
		return err
	}
	t.say("the township rectified with evidence")
	office := warningv1.NewWarningServiceClient(t.GRPC(as("reviewer", County)))
	if _, err := office.CheckRectification(ctx, &warningv1.CheckRectificationRequest{
		Name: name, CheckingUnit: County, Passed: true, Note: "演示：现场核对属实。", RequestId: t.id("check"),
	}); err != nil {
		return err
	}
	closed, err := warningv1.NewWarningServiceClient(t.GRPC(as("handler", City))).CloseWarning(ctx,
		&warningv1.CloseWarningRequest{
			Name: name, Note: "演示：办结。", RequestId: t.id("close"),
		})
	if err != nil {
		return err
	}
	t.say("the county's office checked it, the city closed it: %s", closed.GetState())
	return nil
}

// attachEvidence attaches a file to a warning, in one part.
func (t *Tour) attachEvidence(ctx context.Context, warning string) (string, error) {
	files := warningv1.NewAttachmentServiceClient(t.HTTP(as("clerk", Township)))
	data := []byte("演示：公开办法，每月五日前公开上月支出。\n")
	begun, err := files.CreateAttachment(ctx, &typev1.CreateAttachmentRequest{
		Owner: warning, RequestId: t.id("attach"),
		File: &typev1.AttachmentFile{FileName: "公开办法.txt", MediaType: "text/plain", Size: int64(len(data))},
	})
	if err != nil {
		return "", err
	}
	if _, err := files.UploadPart(ctx, &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: data,
	}); err != nil {
		return "", err
	}
	done, err := files.CompleteAttachment(ctx, &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), RequestId: t.id("complete"),
	})
	return done.GetName(), err
}
