package risk_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
)

// rowsByColumn are the rows of a table of an export, by what its columns are called.
func rowsByColumn(t *testing.T, content map[string]string, path string) (rows []map[string]string) {
	t.Helper()
	require.Contains(t, content, path)
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(content[path], "\ufeff"))).ReadAll()
	require.NoError(t, err)
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = cells[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// requireSays requires that a row says this among other things.
func requireSays(t *testing.T, row, want map[string]string) {
	t.Helper()
	for column, says := range want {
		is, ok := row[column]
		require.True(t, ok, column)
		assert.Equal(t, says, is, column)
	}
}

// Whoever reads the tables on paper sees what came of what they show, and no identifier stands for what has a title.
func TestT28_J4_J6_T8_TheTablesSayWhatCameOfIt(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	head := b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01")
	campaign := b.office.begin(t, november())
	asked := b.section.licensing(t, markets)
	asked.Kind = "approval"
	as(b.Suite, "legal_office", commerce).approvePower(t, b.section.submitPower(t, b.section.power(t, asked), enter))
	point := risky(t, b.Suite, chief, head)

	var controls []*riskv1.Control
	for _, form := range []string{"pledge", "warning_education"} {
		controls = append(controls, b.section.completeControl(t, b.section.planForm(t, point, chief, form)))
	}
	_, err := b.office.controls.ConfirmControl(t.Context(), &riskv1.ConfirmControlRequest{Name: controls[0].GetName(), Reason: "抽查属实"})
	require.NoError(t, err)
	_, err = b.office.controls.ReturnControl(t.Context(), &riskv1.ReturnControlRequest{
		Name: controls[1].GetName(), Reason: "没有记录", DueOn: "2026-12-11",
	})
	require.NoError(t, err)

	public := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "等级目录", ""), "society")
	_, err = anybody(b.Suite).SubmitComment(t.Context(), objectTo(public, point))
	require.NoError(t, err)
	_, err = b.office.comments.AnswerComment(t.Context(), &riskv1.AnswerCommentRequest{
		Name: b.office.onlyComment(t).GetName(), Outcome: riskv1.CommentState_COMMENT_STATE_UPHELD, Answer: "异议成立",
		Regrade: &riskv1.Regrade{
			Points: map[string]int32{"frequency": 1, "importance": 1, "harm": 1}, OwnerPosition: chief.GetName(),
		},
	})
	require.NoError(t, err)
	redo := b.office.orderRedo(t, markets, "2026-12-11")
	again := b.section.get(t, point)
	again.Description, again.OwnerPosition = "对条件不符的申请予以许可，超期办结", chief.GetName()
	b.section.propose(t, b.section.update(t, again), enter)
	_, err = b.section.redos.CompleteRedo(t.Context(), &riskv1.CompleteRedoRequest{Name: redo.GetName(), Outcome: "逐岗查找"})
	require.NoError(t, err)

	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	requireSays(t, rowsByColumn(t, content, "redos.csv")[0], map[string]string{
		"状态": "已完成", "退回风险点数": "1", "重新查找情况": "逐岗查找", "完成日期": "2026-11-02",
	})
	requireSays(t, rowsByColumn(t, content, "comments.csv")[0], map[string]string{
		"公示名称": "等级目录", "条目名称": "对条件不符的申请予以许可", "调整后等级": "C级", "答复": "异议成立",
	})
	requireSays(t, rowsByColumn(t, content, "register/power-items.csv")[0], map[string]string{
		"名称": "临时占道许可", "行使岗位": "窗口受理岗、审批岗",
	})
	requireSays(t, rowsByColumn(t, content, "register/power-item-versions.csv")[0], map[string]string{"行使岗位": "窗口受理岗、审批岗"})
	verdicts := map[string]string{}
	for _, row := range rowsByColumn(t, content, "controls.csv") {
		requireSays(t, row, map[string]string{"风险表现": "对条件不符的申请予以许可", "检验日期": "2026-11-02"})
		verdicts[row["防控形式"]] = row["检验结论"] + " " + row["检验说明"]
	}
	assert.Equal(t, map[string]string{"保廉承诺": "合格 抽查属实", "警示教育": "不合格，退回 没有记录"}, verdicts)

	english := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "en")
	stream, err := b.office.campaigns.ExportCampaign(english, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	require.NoError(t, err)
	requireSays(t, rowsByColumn(t, unzip(t, received(t, stream)), "comments.csv")[0], map[string]string{"Graded anew as": "Grade C"})
}
