package flowchart

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// canvas is what is drawn: lines, and texts over them.
type canvas struct{ lines, texts bytes.Buffer }

// svg writes the chart. It has no script, style, link or font of its own, so that it is shown under the strictest policy.
func (l *layout) svg(title string) []byte {
	var drawn canvas
	for _, e := range l.edges {
		l.drawEdge(&drawn, e)
	}
	for _, n := range l.nodes {
		n.draw(&drawn)
	}
	last := l.nodes[len(l.nodes)-1]
	x, y := l.laneAt(left, l.lanes[left])-margin, -margin
	w, h := l.laneAt(right, l.lanes[right])+margin-x, last.top+last.height+2*margin
	for _, note := range l.notes {
		for _, line := range wrap(note, (w-2*margin)/printUnit) {
			drawn.write(line, x+margin, h-margin, "start")
			h += printLine
		}
	}
	var svg bytes.Buffer
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" width="%d" height="%d" role="img">
<title>%s</title>
<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">
<path d="M0 0L8 4L0 8Z"/></marker>
<rect x="%d" y="%d" width="%d" height="%d" fill="white"/>
<g fill="none" stroke="black">
%s</g>
<g font-family="sans-serif" font-size="14" text-anchor="middle">
%s</g>
</svg>
`, x, y, w, h, w, h, escape(title), x, y, w, h, drawn.lines.String(), drawn.texts.String())
	return svg.Bytes()
}

func (l *layout) drawEdge(c *canvas, e *edge) {
	from, to := l.nodes[e.from], l.nodes[e.to]
	if e.straight() {
		bottom := from.top + from.height
		fmt.Fprintf(&c.lines, `<path d="M0 %dV%d" marker-end="url(#arrow)"/>`+"\n", bottom, to.top)
		c.write(e.label, 6, bottom+stepGap/2+4, "start")
		return
	}
	side, sign, anchor := e.side(), 1, "start"
	if side == left {
		sign, anchor = -1, "end"
	}
	fmt.Fprintf(&c.lines, `<path d="M%d %dH%dV%dH%d" marker-end="url(#arrow)"/>`+"\n",
		sign*from.reach(e.leaves), e.leaves, l.laneAt(side, e.lane), e.arrives, sign*to.reach(e.arrives))
	widest := max(e.leaves-printLine, min(e.leaves, from.top+from.height/2)) // where the node comes closest to the label
	c.write(e.label, sign*(from.reach(widest)+6), e.leaves-4, anchor)
}

func (n *node) draw(c *canvas) {
	half, middle, bottom := n.width/2, n.top+n.height/2, n.top+n.height
	switch n.shape {
	case diamond:
		fmt.Fprintf(&c.lines, `<path d="M0 %dL%d %dL0 %dL%d %dZ"/>`+"\n", n.top, half, middle, bottom, -half, middle)
	case round:
		fmt.Fprintf(&c.lines, `<rect x="%d" y="%d" width="%d" height="%d" rx="20"/>`+"\n", -half, n.top, n.width, n.height)
	default:
		fmt.Fprintf(&c.lines, `<rect x="%d" y="%d" width="%d" height="%d"/>`+"\n", -half, n.top, n.width, n.height)
	}
	y := n.top + (n.height-n.textHeight())/2
	for _, line := range n.title {
		y += titleLine
		fmt.Fprintf(&c.texts, `<text y="%d">%s</text>`+"\n", y-5, escape(line))
	}
	for _, line := range n.print {
		y += printLine
		c.write(line, 0, y-4, "middle")
	}
}

// write writes small print.
func (c *canvas) write(text string, x, y int, anchor string) {
	if text != "" {
		fmt.Fprintf(&c.texts, `<text x="%d" y="%d" font-size="12" text-anchor="%s">%s</text>`+"\n", x, y, anchor, escape(text))
	}
}

func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return b.String()
}
