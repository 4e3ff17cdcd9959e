package publications

import (
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
)

// column is a column of a document, called by its name among the words.
type column struct {
	name         string
	wide, number bool
	cell         func(*Document, Entry) string
}

// columnsOf are the columns of a publication: of a text its lines; of entries their number and unit, the fields that it shows in
// the order of its kind, its controls, and the version.
func columnsOf(of *riskv1.Publication) []column {
	if holdsText(of.GetRegister()) {
		return []column{{name: "text", wide: true}}
	}
	all := []column{
		{name: "number", number: true, cell: func(_ *Document, e Entry) string { return number(e.number) }},
		{name: "unit_title", cell: func(d *Document, e Entry) string { return d.unit(unitOf(e)) }},
	}
	for _, field := range of.GetFields() {
		c := fields[of.GetRegister()][field]
		c.name = field
		all = append(all, c)
	}
	if of.GetShowsControls() {
		all = append(all, column{name: "controls", wide: true, cell: controlsOf})
	}
	return append(all, column{
		name: "version", number: true, cell: func(_ *Document, e Entry) string { return number(e.GetVersion()) },
	})
}

func number(n int32) string { return strconv.Itoa(int(n)) }

func unitOf(e Entry) string {
	if item := e.GetPowerItem(); item != nil {
		return item.GetUnit()
	}
	return e.GetRiskPoint().GetUnit()
}

// fields are the columns of the fields that a publication may show (mayShow).
var fields = map[riskv1.RegisterKind]map[string]column{
	riskv1.RegisterKind_REGISTER_KIND_POWER_ITEMS: {
		"kind": {cell: func(d *Document, e Entry) string {
			return schemes.TitleIn(d.scheme.GetPowerKinds(), e.GetPowerItem().GetKind()).In(d.lang)
		}},
		"title":       {wide: true, cell: func(_ *Document, e Entry) string { return e.GetPowerItem().GetTitle() }},
		"legal_basis": {wide: true, cell: func(_ *Document, e Entry) string { return e.GetPowerItem().GetLegalBasis() }},
		"positions":   {cell: positionsOf},
		"steps": {wide: true, cell: func(d *Document, e Entry) string {
			return strings.Join(powers.StepLines(d.lang, e.GetPowerItem(), postsOf(e)), "\n")
		}},
	},
	riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS: {
		"power_item":  {wide: true, cell: func(_ *Document, e Entry) string { return e.GetPowerTitle() }},
		"step":        {cell: func(_ *Document, e Entry) string { return e.GetStepTitle() }},
		"position":    {cell: positionsOf},
		"regime":      {cell: func(_ *Document, e Entry) string { return e.GetRiskPoint().GetRegime() }},
		"description": {wide: true, cell: func(_ *Document, e Entry) string { return e.GetRiskPoint().GetDescription() }},
		"category": {cell: func(d *Document, e Entry) string {
			return schemes.TitleIn(d.scheme.GetCategories(), e.GetRiskPoint().GetCategory()).In(d.lang)
		}},
		"search_aspects": {cell: func(d *Document, e Entry) string {
			return schemes.TitlesIn(d.scheme.GetSearchAspects(), e.GetRiskPoint().GetSearchAspects()).In(d.lang)
		}},
		"search_methods": {cell: func(d *Document, e Entry) string {
			return schemes.TitlesIn(d.scheme.GetSearchMethods(), e.GetRiskPoint().GetSearchMethods()).In(d.lang)
		}},
		"search_sources": {cell: sourcesOf},
		"control_stage": {cell: func(d *Document, e Entry) string {
			return schemes.TitleIn(d.scheme.GetControlStages(), e.GetRiskPoint().GetControlStage()).In(d.lang)
		}},
		"points": {cell: func(d *Document, e Entry) string {
			return grading.PointTitles(d.scheme, e.GetRiskPoint().GetPoints()).In(d.lang)
		}},
		"causes": {cell: func(d *Document, e Entry) string {
			return schemes.TitlesIn(d.scheme.GetCauses(), e.GetRiskPoint().GetCauses()).In(d.lang)
		}},
		"owner_position": {cell: func(_ *Document, e Entry) string { return e.GetOwnerTitle() }},
		"owner":          {cell: ownerOf},
		"score": {cell: func(_ *Document, e Entry) string {
			return strconv.FormatFloat(e.GetRiskPoint().GetScore(), 'f', -1, 64)
		}},
		"grade": {cell: func(d *Document, e Entry) string {
			return schemes.TitleIn(d.scheme.GetGrades(), e.GetRiskPoint().GetGrade()).In(d.lang)
		}},
	},
}

// postsOf are the titles of the positions of a workflow, by their names.
func postsOf(e Entry) map[string]string {
	posts := map[string]string{}
	for _, step := range e.GetPowerItem().GetSteps() {
		posts[step.GetPosition()] = e.GetStepPositions()[step.GetId()]
	}
	return posts
}

func positionsOf(d *Document, e Entry) string {
	titles := make([]words.Title, len(e.GetPositionTitles()))
	for i, title := range e.GetPositionTitles() {
		titles[i] = words.Named("", title)
	}
	return words.List(titles...).In(d.lang)
}

// ownerOf is the position that owns a risk point and, where that is shown, who holds it.
func ownerOf(d *Document, e Entry) string {
	owner := e.GetRiskPoint().GetOwner()
	if owner.GetPerson() == "" {
		return owner.GetTitle()
	}
	return words.PrintHolder(owner.GetTitle(), owner.GetPerson()).In(d.lang)
}

func sourcesOf(d *Document, e Entry) string {
	sources := e.GetRiskPoint().GetSearchSources()
	titles := make([]words.Title, len(sources))
	for i, source := range sources {
		title := schemes.TitleIn(d.scheme.GetSearchSources(), source.GetSource()).In(d.lang)
		if source.GetReference() != "" {
			title = words.PrintSource(title, source.GetReference()).In(d.lang)
		}
		titles[i] = words.Named("", title)
	}
	return words.List(titles...).In(d.lang)
}

// controlsOf are the controls of a risk point, a line each.
func controlsOf(d *Document, e Entry) string {
	lines := make([]string, len(e.GetControls()))
	for i, c := range e.GetControls() {
		form := schemes.TitleIn(d.scheme.GetControlForms(), c.GetForm()).In(d.lang)
		lines[i] = words.PrintControl(strconv.Itoa(i+1), form, c.GetMeasure(), c.GetOwnerTitle(), c.GetDueOn()).In(d.lang)
	}
	return strings.Join(lines, "\n")
}
