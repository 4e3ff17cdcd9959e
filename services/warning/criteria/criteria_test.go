package criteria_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/warning/criteria"
)

func TestCriterionMustBeTrueOrFalseOverTheThreeNumbers(t *testing.T) {
	t.Parallel()
	for text, fit := range map[string]bool{
		"":                                      true,
		"tips >= 3 || urgent > 0":               true,
		"previous > 0 && tips > previous":       true,
		"previous == 0 || tips / previous >= 2": true,
		"within[6] >= 9 || within[12] > 20":     true,
		"within[13] > 0":                        false, // a year is the most
		"findings.emerging && tips > 0":         true,
		"tips > 0 || findings.tending":          false, // no such class
		"findings.emerging > 0":                 false,
		"tips":                                  false,
		"tips >=":                               false,
		"received > 3":                          false,
		"tips / previous >= 2":                  false, // fails where there were none before
		"[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, a + b + c > tips)))": false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if err := criteria.Check(text, []string{"emerging"}); fit {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.NotContains(t, err.Error(), "\n")
			}
		})
	}
}
