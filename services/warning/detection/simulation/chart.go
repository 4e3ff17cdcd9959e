package simulation

import (
	"fmt"
	"math"
	"strings"
)

// The chart, in pixels: where its corner and its legend are, and how wide and high it is.
const (
	left, top     = 70, 20
	width, height = 420, 300
	legend        = left + width + 24
)

// lowest and highest are the ends of the axis of false alarms, whose scale is logarithmic.
const lowest, highest = 0.001, 0.2

// colours are told apart by the colour-blind too (Okabe and Ito).
var colours = []string{"#000000", "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00"}

// SVG draws the power of each method against its false alarms over steady baselines, from the strictest level on.
func (r *Report) SVG() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%[2]d" role="img">
<title>Power against false alarms by method</title>
<rect width="100%%" height="100%%" fill="white"/>
<g font-family="sans-serif" font-size="12">
<path d="M%d %dv%dh%d" fill="none" stroke="black"/>
`, legend+150, top+height+50, left, top, height, width)
	for _, share := range []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.2} {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%g %%</text>`+"\n", across(share), top+height+18, 100*share)
	}
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		fmt.Fprintf(&b, `<path d="M%d %.1fh%d" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end">%g %%</text>`+"\n",
			left+1, down(share), width, left-6, down(share)+4, 100*share)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">quiet months that alarm</text>`+"\n", left+width/2, top+height+40)
	fmt.Fprintf(&b, `<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">outbreaks of size %g found</text>`+"\n",
		top+height/2, outbreaks[shown].Size)
	for c, levels := range r.steady() {
		drawMethod(&b, c, levels)
	}
	b.WriteString("</g>\n</svg>\n")
	return []byte(b.String())
}

func drawMethod(b *strings.Builder, c int, levels [4]tally) {
	points, dots := make([]string, len(levels)), make([]string, len(levels))
	for i := range levels {
		x, y := across(levels[i].falseAlarms()), down(levels[i].power(shown))
		points[i] = fmt.Sprintf("%.1f,%.1f", x, y)
		dots[i] = fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="3"/>`, x, y)
	}
	y := top + 20*(c+1)
	fmt.Fprintf(b, `<g fill="%s"><polyline points="%s" fill="none" stroke="%[1]s" stroke-width="1.5"/>%[3]s`+
		`<circle cx="%d" cy="%d" r="4"/></g><text x="%d" y="%d">%s</text>`+"\n",
		colours[c], strings.Join(points, " "), strings.Join(dots, ""), legend, y-4, legend+10, y, candidates[c].name)
}

func across(share float64) float64 {
	return left + width*math.Log(min(max(share, lowest), highest)/lowest)/math.Log(highest/lowest)
}

func down(share float64) float64 { return top + height*(1-share) }
