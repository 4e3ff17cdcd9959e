// Package flowchart draws the workflow of a power as a flow chart, in SVG (J1): one column of steps in their order. What leads to
// the next step is a straight arrow, what skips steps runs on the right, what goes back on the left, each on a lane of its own.
package flowchart

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/width"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Chart is what is drawn.
type Chart struct {
	Title string
	Steps []*riskv1.Step
	// Positions are the titles of the positions that the steps name.
	Positions map[string]string
	// Risks are marked at their steps by their numbers, and told below the chart.
	Risks []Risk
	Lang  words.Lang
}

// Risk is a risk point of the workflow.
type Risk struct {
	Step        string // in which it lies; of the whole where empty
	Text, Owner string
	Grade       words.Title
	Controls    []words.Title
}

// Draw draws a chart.
func Draw(c Chart) []byte {
	l := layout{nodes: c.nodes(), edges: c.edges(), notes: c.notes()}
	l.place()
	return l.svg(c.Title)
}

// nodes are the start, the steps and the end.
func (c Chart) nodes() []*node {
	nodes := []*node{c.terminal(words.ChartStart())}
	for _, step := range c.Steps {
		n := &node{shape: box, width: boxWidth}
		inner := boxWidth - 2*padding
		if step.GetDecisionPoint() { // what stands in the middle of a diamond is half as wide and half as high
			n.shape, n.width, inner = diamond, diamondWidth, diamondWidth/2
		}
		n.title, n.print = wrap(step.GetTitle(), inner/titleUnit), wrap(c.print(step), inner/printUnit)
		n.print = append(n.print, wrap(c.marks(step.GetId()), inner/printUnit)...)
		nodes = append(nodes, n)
	}
	return append(nodes, c.terminal(words.ChartEnd()))
}

func (c Chart) terminal(says words.Sentence) *node {
	return &node{shape: round, width: roundWidth, title: []string{says.In(c.Lang)}}
}

// print is the small print of a step: who takes it, within how long.
func (c Chart) print(step *riskv1.Step) string {
	who := cmp.Or(c.Positions[step.GetPosition()], step.GetActor())
	if step.GetLimit() == nil {
		return who
	}
	says := words.ChartCalendarDays
	if unit := step.GetLimit().GetUnit(); unit == typev1.DayUnit_DAY_UNIT_WORKING {
		says = words.ChartWorkingDays
	} else if unit == typev1.DayUnit_DAY_UNIT_MONTH {
		says = words.ChartMonths
	}
	limit := says(strconv.Itoa(int(step.GetLimit().GetDays()))).In(c.Lang)
	return strings.TrimPrefix(who+" · "+limit, " · ")
}

// marks are the numbers of the risk points of a step.
func (c Chart) marks(step string) string {
	var numbers []string
	for i, risk := range c.Risks {
		if risk.Step == step {
			numbers = append(numbers, strconv.Itoa(i+1))
		}
	}
	if len(numbers) == 0 {
		return ""
	}
	return words.ChartRisks(strings.Join(numbers, ", ")).In(c.Lang)
}

// notes tell of the risk points below the chart.
func (c Chart) notes() (notes []string) {
	none := words.ChartNone()
	for i, risk := range c.Risks {
		controls := words.List(risk.Controls...)
		if len(risk.Controls) == 0 {
			controls = words.Title{Zh: none.In(words.Chinese), En: none.In(words.English)}
		}
		owner := cmp.Or(risk.Owner, none.In(c.Lang))
		notes = append(notes, words.ChartRisk(strconv.Itoa(i+1), risk.Grade, risk.Text, owner, controls).In(c.Lang))
	}
	return notes
}

// edges lead from node to node; a step that leads nowhere leads to the end.
func (c Chart) edges() []*edge {
	number, end := map[string]int{}, len(c.Steps)+1
	for i, step := range c.Steps {
		number[step.GetId()] = i + 1
	}
	edges := []*edge{{from: 0, to: 1}}
	for i, step := range c.Steps {
		for _, e := range step.GetEdges() {
			edges = append(edges, &edge{from: i + 1, to: number[e.GetStep()], label: e.GetLabel()})
		}
		if len(step.GetEdges()) == 0 {
			edges = append(edges, &edge{from: i + 1, to: end})
		}
	}
	return edges
}

// wrap cuts a text into lines of so many units, at a blank where a line has one.
func wrap(text string, units int) (lines []string) {
	for text = strings.Join(strings.Fields(text), " "); text != ""; text = strings.TrimSpace(text) {
		cut, blank, size := len(text), 0, 0
		for i, r := range text {
			if r == ' ' {
				blank = i
			}
			if size += unitsOf(string(r)); size > units {
				cut = cmp.Or(blank, i)
				break
			}
		}
		lines, text = append(lines, text[:cut]), text[cut:]
	}
	return lines
}

// unitsOf is how wide a text is: two units a Chinese character, one a Latin letter.
func unitsOf(text string) (units int) {
	for _, r := range text {
		units++
		if slices.Contains([]width.Kind{width.EastAsianWide, width.EastAsianFullwidth}, width.LookupRune(r).Kind()) {
			units++
		}
	}
	return units
}

// Lines are the steps of a chart as text, a line each: its number, what is done, by whom and within how long, and which numbers
// follow, with the labels of the edges, where that is not the next one alone.
func (c Chart) Lines() []string {
	numbers := map[string]int{}
	for i, step := range c.Steps {
		numbers[step.GetId()] = i + 1
	}
	lines := make([]string, len(c.Steps))
	for i, step := range c.Steps {
		line := strconv.Itoa(i+1) + ". " + step.GetTitle()
		if small := c.print(step); small != "" {
			line += " · " + small
		}
		var next []string
		for _, edge := range step.GetEdges() {
			next = append(next, strings.TrimSpace(edge.GetLabel()+" "+strconv.Itoa(numbers[edge.GetStep()])))
		}
		if follows := strings.Join(next, " · "); follows != "" && follows != strconv.Itoa(i+2) {
			line += " → " + follows
		}
		lines[i] = line
	}
	return lines
}
