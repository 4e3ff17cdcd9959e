package simulation

import (
	"encoding/xml"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// above is the highest share that chance makes of another in so many trials, but for one time in forty.
func above(share float64, trials int) float64 {
	return share + 2*math.Sqrt(share*(1-share)/float64(trials))
}

func TestX4_FalseDiscoveriesStayWithinTheRate(t *testing.T) {
	t.Parallel()
	const runs = 20
	for _, c := range classes() {
		if strings.HasPrefix(c.test, "farrington") { // whose regressions take long; the p-value is that of the others
			continue
		}
		t.Run(c.name+"/"+c.test+"/"+c.there, func(t *testing.T) {
			t.Parallel()
			o := tryClass(1, c, runs)
			assert.LessOrEqual(t, o.wrong, above(rate, runs))
			assert.LessOrEqual(t, o.low, above(spread, runs*analysed/unitsEach))
			assert.Positive(t, o.power)
		})
	}
}

func TestX4_MethodsAlarmAsDocumented(t *testing.T) {
	t.Parallel()
	const series = 20
	quiet := tryMethods(1, baselines[1], series) // few, as by chance: what the papers assume
	for c, candidate := range candidates {
		for level := range candidate.levels {
			tally := &quiet[c][level]
			assert.Equal(t, series*watched, tally.quiet, candidate.name)
			if level > 0 {
				assert.GreaterOrEqual(t, tally.alarms, quiet[c][level-1].alarms, "%s: a laxer level alarms no less", candidate.name)
			}
		}
		tally := &quiet[c][usual]
		assert.Greater(t, tally.power(2), tally.power(0), "%s: a larger outbreak is found more often", candidate.name)
		assert.Less(t, tally.falseAlarms(), 0.06, candidate.name)
		assert.Greater(t, tally.power(2), 0.8, candidate.name)
	}
	for _, exact := range []int{3, 6} { // Bayes, and the flexible variant
		assert.LessOrEqual(t, quiet[exact][usual].falseAlarms(), above(0.01, series*watched), candidates[exact].name)
	}
}

func TestX4_TheSameSeedGivesTheSameFigures(t *testing.T) {
	t.Parallel()
	sizes := Sizes{Series: 1, Analyses: 1}
	first, again, other := Run(7, sizes), Run(7, sizes), Run(8, sizes)
	assert.Equal(t, first.String(), again.String())
	assert.Equal(t, string(first.SVG()), string(again.SVG()))
	require.NoError(t, xml.Unmarshal(first.SVG(), new(struct{})))
	assert.NotEqual(t, first.String(), other.String())
	described(t, first.String())
}

// described holds what is simulated against the document: the methods with their parameters, the baselines and the classes.
func described(t *testing.T, report string) {
	t.Helper()
	document, err := os.ReadFile("../../../../docs/detection.md")
	require.NoError(t, err)
	_, methods, _ := strings.Cut(report, "Methods:")
	methods, _, _ = strings.Cut(methods, "False alarms")
	assert.Contains(t, string(document), methods)
	for _, b := range baselines {
		assert.Contains(t, string(document), "\n| "+b.Name+" |")
	}
	for _, c := range classes() {
		assert.Contains(t, string(document), "\n| "+c.name+" | `"+c.test+"` | "+c.there+" |")
	}
}
