package flowchart

import (
	"cmp"
	"slices"
)

// Sizes in pixels; the middle of the column is at 0.
const (
	boxWidth, diamondWidth, roundWidth = 260, 320, 120
	titleLine, printLine               = 20, 16 // heights of lines
	titleUnit, printUnit               = 7, 6   // widths of a unit of text
	padding, margin                    = 12, 20
	stepGap, portGap, laneGap          = 40, 16, 14
)

type shape int

const (
	box shape = iota
	diamond
	round
)

// node is the start, a step or the end.
type node struct {
	shape              shape
	title, print       []string
	width, height, top int
	in, out            [2][]*edge // those beside the column, on either side
}

// edge leads from one node to another, by their numbers.
type edge struct {
	from, to int
	label    string
	// Beside the column: where it leaves, where it arrives, and on which lane it runs.
	leaves, arrives, lane int
}

func (e *edge) straight() bool { return e.to == e.from+1 }

const left, right = 0, 1

func (e *edge) side() int {
	if e.to > e.from {
		return right
	}
	return left
}

func (e *edge) top() int    { return min(e.leaves, e.arrives) }
func (e *edge) bottom() int { return max(e.leaves, e.arrives) }

// layout is a chart while it is laid out.
type layout struct {
	notes []string // below the chart
	nodes []*node
	edges []*edge
	// How many lanes there are on each side, and how wide the longest label before them is.
	lanes, labels [2]int
}

// place says where everything is.
func (l *layout) place() {
	var beside [2][]*edge
	for _, e := range l.edges {
		side, from, to := e.side(), l.nodes[e.from], l.nodes[e.to]
		l.labels[side] = max(l.labels[side], unitsOf(e.label)*printUnit)
		if !e.straight() {
			from.out[side], to.in[side] = append(from.out[side], e), append(to.in[side], e)
			beside[side] = append(beside[side], e)
		}
	}
	top := 0
	for _, n := range l.nodes {
		n.place(top)
		top += n.height + stepGap
	}
	for side, edges := range beside {
		l.lanes[side] = spread(edges)
	}
}

// place gives a node its place and its edges theirs beside it. On the right edges arrive from above and leave downwards, on the
// left the other way; those that go farthest run outside the others, and so cross none of them in this order.
func (n *node) place(top int) {
	n.top, n.height = top, n.textHeight()+2*padding
	if n.shape == diamond {
		n.height = 2 * (n.textHeight() + padding)
	}
	for side := range n.in {
		n.height = max(n.height, (len(n.in[side])+len(n.out[side])+1)*portGap)
	}
	for side := range n.in {
		slices.SortFunc(n.in[side], func(a, b *edge) int { return cmp.Compare(b.from, a.from) })
		slices.SortFunc(n.out[side], func(a, b *edge) int { return cmp.Compare(b.to, a.to) })
		ins, outs := len(n.in[side]), len(n.out[side])
		arrive, leave := 0, ins
		if side == left {
			arrive, leave = outs, 0
		}
		for i, e := range n.in[side] {
			e.arrives = n.port(arrive+i, ins+outs)
		}
		for i, e := range n.out[side] {
			e.leaves = n.port(leave+i, ins+outs)
		}
	}
}

// port is the height of one of so many ports, which share a side evenly.
func (n *node) port(i, ports int) int { return n.top + n.height*(i+1)/(ports+1) }

func (n *node) textHeight() int { return len(n.title)*titleLine + len(n.print)*printLine }

// reach is how far a node extends from the middle at a height.
func (n *node) reach(y int) int {
	if n.shape != diamond {
		return n.width / 2
	}
	fromMiddle := max(2*(y-n.top)-n.height, n.height-2*(y-n.top))
	return n.width * (n.height - fromMiddle) / n.height / 2
}

// spread gives each edge the first lane on which nothing else runs beside it, the shortest first, and says how many there are.
func spread(edges []*edge) int {
	slices.SortStableFunc(edges, func(a, b *edge) int { return cmp.Compare(a.bottom()-a.top(), b.bottom()-b.top()) })
	var lanes [][]*edge
	for _, e := range edges {
		meets := func(other *edge) bool { return e.top() <= other.bottom() && other.top() <= e.bottom() }
		for e.lane < len(lanes) && slices.ContainsFunc(lanes[e.lane], meets) {
			e.lane++
		}
		if e.lane == len(lanes) {
			lanes = append(lanes, nil)
		}
		lanes[e.lane] = append(lanes[e.lane], e)
	}
	return len(lanes)
}

// laneAt is where a lane runs.
func (l *layout) laneAt(side, lane int) int {
	x := diamondWidth/2 + l.labels[side] + margin + lane*laneGap
	if side == left {
		return -x
	}
	return x
}
