package risk_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// download reads a file over gRPC.
func (o office) download(t *testing.T, req *riskv1.ExportCampaignRequest) (file []byte) {
	t.Helper()
	stream, err := o.campaigns.ExportCampaign(t.Context(), req)
	require.NoError(t, err)
	return received(t, stream)
}

// received is all that a stream sends.
func received(t *testing.T, stream grpc.ServerStreamingClient[httpbody.HttpBody]) (file []byte) {
	t.Helper()
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return file
		}
		require.NoError(t, err)
		file = append(file, piece.GetData()...)
	}
}

// unzip reads the files of an export, whose hashes must be those of its manifest.
func unzip(t *testing.T, file []byte) (content map[string]string) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	content, sums := map[string]string{}, strings.Builder{}
	for _, f := range archive.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		content[f.Name] = string(data)
		if f.Name != "MANIFEST.txt" {
			sum := sha256.Sum256(data)
			fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), f.Name)
		}
	}
	hashes, _, _ := strings.Cut(content["MANIFEST.txt"], "# ")
	assert.Equal(t, sums.String(), hashes, "what it says besides comes last")
	return content
}

// export reads the files of an export.
func (o office) export(t *testing.T, req *riskv1.ExportCampaignRequest) map[string]string {
	t.Helper()
	return unzip(t, o.download(t, req))
}

// rows is how many records a file of an export holds.
func rows(file string) int { return strings.Count(file, "\n") }

func TestT28_J5_WhatWasDoneAndSaidIsExportedWithItsEvidence(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	head := b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01")
	early := b.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "票据不全", Position: chief.GetName()})
	_, err := b.office.found.WithdrawDeficiency(t.Context(), &riskv1.WithdrawDeficiencyRequest{Name: early.GetName(), Reason: "记错"})
	require.NoError(t, err)
	b.Clock.Advance(30 * day)
	campaign := b.office.begin(t, stagesOn("2026-12-02", "2026-12-06", "2026-12-13", "2026-12-20", "2026-12-30"))
	point := risky(t, b.Suite, chief, head)
	control := b.section.plan(t, &riskv1.Control{
		Unit: markets, RiskPoint: point.GetName(), Form: "pledge", Measure: "签订保廉承诺书", OwnerPosition: chief.GetName(), DueOn: "2026-12-20",
	})
	b.section.attach(t, control.GetName())
	b.section.completeControl(t, control)
	b.RunJob("risk.open_commitments")
	public := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "society")
	receipt, err := anybody(b.Suite).SubmitComment(t.Context(), objectTo(public, point))
	require.NoError(t, err)
	comment := b.office.onlyComment(t)
	_, err = b.office.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: comment.GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "=异议成立",
		Regrade: &riskv1.Regrade{
			Points: map[string]int32{"frequency": 1, "importance": 1, "harm": 1}, OwnerPosition: chief.GetName(),
		},
	})
	require.NoError(t, err)
	_, err = b.office.problems.CreateCommonProblem(t.Context(), &riskv1.CreateCommonProblemRequest{CommonProblem: &riskv1.CommonProblem{
		Unit: commerce, Title: "风险点写得笼统", Description: "没有写明环节", SeenIn: []string{markets, "units/commerce_trade"},
	}})
	require.NoError(t, err)
	b.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "账目不清", Position: chief.GetName()})
	b.office.orderRedo(t, markets, "2026-12-11")

	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	for path, want := range map[string]int{
		"register/risk-points.ndjson": 1, "register/risk-point-versions.ndjson": 2, "register/power-item-versions.ndjson": 0,
		"controls.ndjson": 1, "commitments.ndjson": 1, "redos.ndjson": 1, "common-problems.ndjson": 1, "deficiencies.ndjson": 1,
		"comments.ndjson": 1, "attachments.ndjson": 1,
	} {
		assert.Equal(t, want, rows(content[path]), path)
		if table, ok := content[strings.TrimSuffix(path, ".ndjson")+".csv"]; ok {
			assert.Equal(t, want+1, rows(table), "%s: as a table, with its head", path)
		}
	}
	assert.Contains(t, content["controls.csv"], "保廉承诺")
	assert.Contains(t, content["controls.csv"], "\n市场运行股,"+markets+","+control.GetName()+",已落实、待检验,")
	assert.Contains(t, content["deficiencies.csv"], "账目不清", "what was settled before it began is no material")
	assert.Contains(t, content["comments.csv"], "'=异议成立", "no spreadsheet takes it for a formula")
	for path, file := range content {
		assert.NotContains(t, file, receipt.GetReceipt(), path)
	}
	evidence := ""
	for path := range content {
		if strings.HasPrefix(path, "attachments/"+control.GetName()+"/") && strings.HasSuffix(path, "/整改.pdf") {
			evidence = path
		}
	}
	require.NotEmpty(t, evidence, "the evidence of the control")

	none := int64(0)
	content = b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName(), AttachmentBytes: &none})
	assert.NotContains(t, content, evidence)
	assert.Regexp(t, `# 未收入，\d+ 字节：[0-9a-f]{64}  `+evidence+"\n", content["MANIFEST.txt"])
	assert.Equal(t, 1, rows(content["attachments.ndjson"]), "it is named all the same")
	below := int64(-1)
	stream, err := b.office.campaigns.ExportCampaign(t.Context(),
		&riskv1.ExportCampaignRequest{Name: campaign.GetName(), AttachmentBytes: &below})
	require.NoError(t, err)
	_, err = stream.Recv()
	suitetest.RequireRefused(t, err, codes.InvalidArgument, "INVALID_ARGUMENT")
}

// An office below the unit that runs a campaign reads neither what went wrong at that unit nor what was said of it.
func TestT28_AnOfficeBelowExportsNothingThatItDoesNotReach(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	campaign, err := b.office.tryCampaign(t, &riskv1.Campaign{
		Kind: "trinity", Title: "三位一体", Stages: november(), Office: commerceOffice,
	})
	require.NoError(t, err)
	b.office.start(t, campaign)
	b.office.notes(t, &riskv1.Deficiency{Unit: markets, Kind: "financial_management", Text: "账目不清"})
	clerk := access.Principal{Subject: "accounts/clerk", Unit: commerceOffice, Roles: []string{"leading_group_office"}}
	content := office{campaigns: riskv1.NewCampaignServiceClient(b.AsPrincipal(clerk))}.
		export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	assert.Contains(t, content["MANIFEST.txt"], "# 未收入：整改问题、异议和意见，须能查阅组织专项工作的单位\n")
	assert.NotContains(t, content, "deficiencies.ndjson")
	assert.Contains(t, content, "controls.ndjson")
	for path, file := range content {
		assert.False(t, bytes.Contains([]byte(file), []byte("账目不清")), path)
	}
}
