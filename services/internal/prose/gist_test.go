package prose_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

func TestTextsThatDifferByBlanksAndPunctuationSayTheSame(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"对条件不符的申请予以许可", " 对条件不符的 申请，予以许可。 "},
		{"《城市道路管理条例》第三十一条", "城市道路管理条例\n第三十一条；"},
		{"ＡＢＣ级", "abc级"},
		{"甲\u200b乙", "甲·乙"},
		{"100 万元", "100万元。"},
	} {
		assert.Equal(t, prose.Gist(same[0]), prose.Gist(same[1]), same[0])
	}
	for _, other := range [][2]string{
		{"超过 1.5 万元", "超过 15 万元"},
		{"比例为 10%", "比例为 10"},
		{"降低 -5", "降低 5"},
		{"2026-1-12", "2026-11-2"},
		{"甲>乙", "甲<乙"},
		{"不得许可", "得许可"},
	} {
		assert.NotEqual(t, prose.Gist(other[0]), prose.Gist(other[1]), other[0])
	}
}

func TestTheGistOfAMessageIsThatOfItsTextsAlone(t *testing.T) {
	t.Parallel()
	point := &riskv1.RiskPoint{
		Name: "riskPoints/340503-a_1", Description: "人情案、关系案。", Category: "post_duty",
		SearchSources: []*riskv1.SearchSource{{Source: "audit-1", Reference: "审计 报告"}},
	}
	gist := prose.GistOf(point)
	assert.Equal(t, "人情案关系案 post_duty riskPoints/340503-a_1 audit-1", gist.GetDescription()+" "+gist.GetCategory()+" "+
		gist.GetName()+" "+gist.GetSearchSources()[0].GetSource())
	assert.Equal(t, "审计报告", gist.GetSearchSources()[0].GetReference())
	assert.Equal(t, "人情案、关系案。", point.GetDescription(), "the message itself stays")
}
