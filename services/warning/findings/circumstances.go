package findings

import (
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// AreaTitle is what a subject area is called in sentences and lists: where there is none, the unit as a whole.
func AreaTitle(id string, title *typev1.Text) words.Title {
	if id == "" {
		return titled(words.FindingWholeUnit())
	}
	return schemes.TitleOf(id, title)
}

func areaOf(f *warningv1.Finding) words.Title {
	return AreaTitle(f.GetCount().GetSubjectArea(), f.GetSubjectAreaTitle())
}

// titled is what a sentence says, to be said within another one.
func titled(s words.Sentence) words.Title {
	return words.Title{ID: s.Key, Zh: s.In(words.Chinese), En: s.In(words.English)}
}

// Circumstances say in both languages what lies behind a finding, as far as the register and the reports tell (C12); nil where
// they say nothing.
func Circumstances(c *typev1.Circumstances) *typev1.Text {
	var parts []words.Title
	add := func(of []*typev1.CircumstanceCount, say func(title words.Title, count string) words.Sentence) {
		for _, one := range of {
			parts = append(parts, titled(say(schemes.TitleOf(one.GetId(), one.GetTitle()), number(float64(one.GetCount()), 0))))
		}
	}
	add(c.GetRisks(), words.FindingPartRisk)
	add(c.GetStates(), words.FindingPartLack)
	add(c.GetDeficiencies(), words.FindingPartDeficiency)
	if n := c.GetDeviations(); n > 0 {
		parts = append(parts, titled(words.FindingPartDeviation(strconv.FormatInt(n, 10))))
	}
	add(c.GetOverdue(), words.FindingPartOverdue)
	add(c.GetCauses(), words.FindingPartCause)
	if len(parts) == 0 {
		return nil
	}
	said := words.FindingCircumstances(words.List(parts...))
	return &typev1.Text{Zh: said.In(words.Chinese), En: said.In(words.English)}
}
