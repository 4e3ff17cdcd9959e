package criteria_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
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
			if err := criteria.Check(text, criteria.Known{Classes: []string{"emerging"}}); fit {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.NotContains(t, err.Error(), "\n")
			}
		})
	}
}

func TestT6_ACriterionSaysWhomItNeeds(t *testing.T) {
	t.Parallel()
	register, reports := criteria.Needs{Register: true}, criteria.Needs{Reports: true}
	for text, want := range map[string]criteria.Needs{
		"tips >= 3 && findings.emerging":              {},
		"deviations > 0":                              register,
		"risks.a > 0 || tips > 0":                     register,
		"overdue.controls > 0":                        register,
		"overdue.reports > 0":                         reports,
		"overdue[\"reports\"] > 0":                    reports,
		"overdue.reports > 0 && states.misgraded > 0": register.And(reports),
		"overdue.exists(s, overdue[s] > 2)":           register.And(reports),
	} {
		ladder, err := criteria.Compile(&warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{{Id: "a", UnitCriterion: text}}})
		require.NoError(t, err)
		assert.Empty(t, ladder.Area)
		assert.Equal(t, want, criteria.NeedsOf(ladder.Unit), text)
	}
}

func TestT6_WhatACriterionNamesAndThereIsNoneOfIsZero(t *testing.T) {
	t.Parallel()
	of := &typev1.Circumstances{
		Risks: []*typev1.CircumstanceCount{{Id: "a", Count: 2}}, Overdue: []*typev1.CircumstanceCount{{Id: "duties", Count: 3}}, Deviations: 1,
	}
	for text, want := range map[string]bool{
		"risks.a == 2 && risks.b == 0":                  true,
		"overdue.controls == 0 && overdue.duties == 3":  true,
		"deviations == 1 && deficiencies.off_book == 0": true,
		"states[\"misgraded\"] == 0":                    true,
		"risks.all(g, risks[g] < 3)":                    true,
		"overdue.exists(s, overdue[s] > 3)":             false,
	} {
		ladder, err := criteria.Compile(&warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{{Id: "a", Criterion: text}}})
		require.NoError(t, err)
		met, err := ladder.Area[0].Met(&warningv1.AreaCount{}, nil, of)
		require.NoError(t, err, text)
		assert.Equal(t, want, met, text)
	}
	ladder, err := criteria.Compile(&warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{{Id: "a", Criterion: "6 / risks.b > 0"}}})
	require.NoError(t, err)
	_, err = ladder.Area[0].Met(&warningv1.AreaCount{}, nil, nil)
	require.ErrorContains(t, err, "division by zero")
}
