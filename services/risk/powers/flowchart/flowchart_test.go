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
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

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
	text := regexp.MustCompile(`<text y[^>]*>([^<]*)</text>`)
	for title, lines := range map[string]int{
		"登记": 1, strings.Repeat("标题", 100): 13, strings.Repeat("x", 200): 7,
		"Check whether all papers are here": 1, "Check whether all papers are there": 2,
	} {
		got := text.FindAllStringSubmatch(string(flowchart.Draw(flowchart.Chart{Steps: []*riskv1.Step{step("a", title)}})), -1)
		var said []string
		for _, line := range got[1 : len(got)-1] { // without start and end
			assert.LessOrEqual(t, utf8.RuneCountInString(line[1]), 33)
			said = append(said, line[1])
		}
		assert.Len(t, said, lines, title)
		assert.Equal(t, strings.ReplaceAll(title, " ", ""), strings.ReplaceAll(strings.Join(said, ""), " ", ""))
	}
}

// Whatever leads where: no two edges run over each other beside the column, and nothing lies outside the chart.
func TestJ1_EachEdgeHasALaneOfItsOwn(t *testing.T) {
	t.Parallel()
	beside := regexp.MustCompile(`<path d="M-?\d+ (\d+)H(-?\d+)V(\d+)H`)
	box := regexp.MustCompile(`viewBox="(-?\d+) -20 (\d+) (\d+)"`)
	rapid.Check(t, func(r *rapid.T) {
		steps := make([]*riskv1.Step, rapid.IntRange(1, 12).Draw(r, "steps"))
		for i := range steps {
			next := rapid.SliceOfNDistinct(rapid.IntRange(0, len(steps)-1), 0, 5, rapid.ID[int]).Draw(r, "next")
			steps[i] = step(strconv.Itoa(i), rapid.SampledFrom([]string{"登记", strings.Repeat("审查", 50)}).Draw(r, "title"))
			for _, n := range next {
				steps[i].Edges = append(steps[i].Edges, to(strconv.Itoa(n), "标签"))
			}
			steps[i].DecisionPoint = len(next) > 1
		}
		chart := string(flowchart.Draw(flowchart.Chart{Steps: steps, Lang: words.Chinese}))
		size := numbers(r, box.FindStringSubmatch(chart))
		taken := map[int][][2]int{}
		for _, found := range beside.FindAllStringSubmatch(chart, -1) {
			n := numbers(r, found)
			top, x, bottom := min(n[0], n[2]), n[1], max(n[0], n[2])
			for _, other := range taken[x] {
				if top <= other[1] && other[0] <= bottom {
					r.Fatalf("two edges at %d: %d to %d and %v", x, top, bottom, other)
				}
			}
			taken[x] = append(taken[x], [2]int{top, bottom})
			if x <= size[0] || x >= size[0]+size[1] || bottom > size[2]-20 {
				r.Fatalf("an edge at %d down to %d lies outside %v", x, bottom, size)
			}
		}
	})
}

func numbers(t require.TestingT, match []string) (found []int) {
	for _, text := range match[1:] {
		n, err := strconv.Atoi(text)
		require.NoError(t, err)
		found = append(found, n)
	}
	return found
}
