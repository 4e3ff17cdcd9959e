package simulation

import (
	"fmt"
	"strings"
)

// String is the report as text, its tables in Markdown.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d; %d series of each baseline, %d analyses of %d series of each class.\n\n",
		r.seed, r.sizes.Series, r.sizes.Analyses, analysed)
	b.WriteString("Methods:\n\n| method | parameters |\n|---|---|\n")
	for _, c := range candidates {
		fmt.Fprintf(&b, "| %s | `%s` |\n", c.name, c.usual())
	}
	b.WriteString("\nFalse alarms, % of quiet months:\n\n")
	r.byBaseline(&b, func(t *tally) string { return percent(t.falseAlarms()) })
	fmt.Fprintf(&b, "\nPower, %% of outbreaks of size %g and length %d that are found:\n\n",
		outbreaks[shown].Size, outbreaks[shown].Length)
	r.byBaseline(&b, func(t *tally) string { return percent(t.power(shown)) })
	b.WriteString("\nBy outbreak, over the first seven baselines: power, %, and after how many months it is found:\n\n")
	head(&b, "size, length")
	overall := r.steady()
	for i, o := range outbreaks {
		fmt.Fprintf(&b, "| %g, %d |", o.Size, o.Length)
		for c := range candidates {
			t := &overall[c][usual]
			fmt.Fprintf(&b, " %s, %.1f |", percent(t.power(i)), t.delay(i))
		}
		b.WriteByte('\n')
	}
	r.writeClasses(&b)
	return b.String()
}

// shown is the outbreak that is shown by baseline and in the chart.
const shown = 1

func (r *Report) byBaseline(b *strings.Builder, cell func(*tally) string) {
	head(b, "baseline")
	for i, t := range r.methods {
		fmt.Fprintf(b, "| %s |", baselines[i].Name)
		for c := range candidates {
			fmt.Fprintf(b, " %s |", cell(&t[c][usual]))
		}
		b.WriteByte('\n')
	}
}

func head(b *strings.Builder, first string) {
	fmt.Fprintf(b, "| %s |", first)
	for _, c := range candidates {
		fmt.Fprintf(b, " %s |", c.name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(candidates)) + "\n")
}

func (r *Report) writeClasses(b *strings.Builder) {
	fmt.Fprintf(b, "\nClasses, asked for a rate of false discoveries of %g %%:\n\n", 100*rate)
	b.WriteString("| class | test | what is there | false discoveries, % | found, % | quiet p ≤ 5 %, % |\n" +
		"|---|---|---|---|---|---|\n")
	for _, o := range r.classes {
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s |\n",
			o.name, o.test, o.there, percent(o.wrong), percent(o.power), percent(o.low))
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f", 100*share) }
