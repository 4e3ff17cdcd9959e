package flowchart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers/flowchart"
)

var update = flag.Bool("update", false, "write the charts anew")

func step(id, title string, edges ...*riskv1.Edge) *riskv1.Step {
	return &riskv1.Step{Id: id, Title: title, DecisionPoint: len(edges) > 1, Edges: edges}
}

func to(id, label string) *riskv1.Edge { return &riskv1.Edge{Step: id, Label: label} }

// charts are the forms that a workflow has.
func charts() map[string][]*riskv1.Step {
	accept := step("accept", "受理申请，核对材料是否齐全、是否符合法定形式", to("decide", ""))
	accept.Position, accept.Limit = "positions/1", &typev1.DeadlineRule{Days: 5, Unit: typev1.DayUnit_DAY_UNIT_WORKING}
	pay := step("pay", "Pay the fee at any counter of the district and keep the receipt", to("issue", ""))
	pay.Actor, pay.Limit = "申请人", &typev1.DeadlineRule{Days: 2, Unit: typev1.DayUnit_DAY_UNIT_MONTH}
	issue := step("issue", "发证")
	issue.Limit = &typev1.DeadlineRule{Days: 10, Unit: typev1.DayUnit_DAY_UNIT_CALENDAR}
	hundred := make([]*riskv1.Step, 100)
	for i := range hundred {
		hundred[i] = step(strconv.Itoa(i), fmt.Sprintf("第 %d 步", i+1), to(strconv.Itoa(i+1), "继续"), to(strconv.Itoa(i/2), "退回"))
	}
	hundred[99].Edges, hundred[99].DecisionPoint = nil, false
	return map[string][]*riskv1.Step{
		"none":     nil,
		"one":      {step("only", "登记")},
		"straight": {accept, step("decide", "审批", to("issue", "")), issue},
		"branch": {
			accept, step("decide", "审批", to("pay", "准予"), to("refuse", "不予"), to("issue", "免费")), pay, issue,
			step("refuse", "书面告知理由和救济途径"),
		},
		"loop": {
			accept, step("decide", "材料是否齐全", to("visit", "齐全"), to("accept", "补正")),
			step("visit", "现场核查", to("again", "符合"), to("visit", "另行核查"), to("accept", "不符合")), step("again", "复核", to("issue", "")), issue,
		},
		"hundred": hundred,
	}
}

// TestJ1_AWorkflowIsDrawn holds the charts against those that were looked at.
func TestJ1_AWorkflowIsDrawn(t *testing.T) {
	t.Parallel()
	for name, steps := range charts() {
		for lang, suffix := range map[words.Lang]string{words.Chinese: "zh", words.English: "en"} {
			got := flowchart.Draw(flowchart.Chart{
				Title: "临时占道许可", Steps: steps, Positions: map[string]string{"positions/1": "窗口受理岗"}, Lang: lang,
			})
			file := filepath.Join("testdata", name+"."+suffix+".svg")
			if *update {
				require.NoError(t, os.WriteFile(file, got, 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got), file)
		}
	}
}

// Whatever people write is text in the chart, and nothing else in it.
func TestJ1_HostileTextsAreTextsInAChart(t *testing.T) {
	t.Parallel()
	plain := elements(t, flowchart.Draw(chartOf("标题", "步骤", "岗位", "标签")))
	rapid.Check(t, func(r *rapid.T) {
		texts := rapid.SliceOfN(rapid.OneOf(rapid.StringMatching(`\S{1,30}`), rapid.SampledFrom([]string{
			`</svg><script>alert(1)</script>`, `" onload="alert(1)`, `]]><a href="https://example.org">`, "&#x3c;script>", "\x00\x1b\uffff",
		})), 4, 4).Draw(r, "texts")
		got := elements(r, flowchart.Draw(chartOf(texts[0], texts[1], texts[2], texts[3])))
		for name := range got {
			if !assert.Contains(r, plain, name) {
				r.FailNow()
			}
		}
	})
	got := flowchart.Draw(chartOf("</title><script>", "</svg><script>", "<a href='x'>", `"><style>`))
	for _, hostile := range []string{"<script", "<a ", "<style", "href=\"", "onload=\""} {
		assert.NotContains(t, string(got), hostile)
	}
}

func chartOf(title, does, actor, label string) flowchart.Chart {
	return flowchart.Chart{Title: title, Lang: words.Chinese, Steps: []*riskv1.Step{
		{Id: "a", Title: does, Actor: actor, Edges: []*riskv1.Edge{to("b", label), to("a", label)}}, step("b", does),
	}}
}

// elements are the names of all elements and attributes of a chart, which is well-formed.
func elements(t require.TestingT, chart []byte) map[string]bool {
	names, decoder := map[string]bool{}, xml.NewDecoder(bytes.NewReader(chart))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err)
		if element, ok := token.(xml.StartElement); ok {
			names[element.Name.Local] = true
			for _, attr := range element.Attr {
				names[element.Name.Local+"/"+attr.Name.Local] = true
			}
		}
	}
}

// Lines are broken at blanks, and within words and Chinese where there is none; nothing is lost.
func TestJ1_LongTextsAreBrokenIntoLines(t *testing.T) {
	t.Parallel()
	title := strings.Repeat("很长的标题", 40)
	got := string(flowchart.Draw(flowchart.Chart{Steps: []*riskv1.Step{step("a", title)}, Lang: words.Chinese}))
	assert.Contains(t, strings.NewReplacer(`<text`, "", "</text>", "", "\n", "").Replace(got), "很长的标题")
	assert.Equal(t, 200, strings.Count(got, "很")+strings.Count(got, "长")+strings.Count(got, "的")+strings.Count(got, "标")+strings.Count(got, "题"))
}
