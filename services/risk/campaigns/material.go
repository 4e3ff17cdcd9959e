package campaigns

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// readReports is the permission to read reports, which the material holds for who has it.
const readReports = "network.reports.read"

// answerComments is the permission to read comments, likewise.
const answerComments = "risk.comments.answer"

// material notes whose register and reports are material, and which files are attached to the campaign.
func (e *export) material(ctx context.Context) (err error) {
	besides := []string{resource.ID(e.Record.GetUnit()), resource.ID(e.Record.GetOffice()), resource.ID(e.ActingUnit())}
	e.units, err = db.New(e.campaigns.Store.Afresh()).CampaignMaterialUnits(ctx, db.CampaignMaterialUnitsParams{
		Region: e.Region, Key: e.Key, Besides: slices.DeleteFunc(besides, func(id string) bool { return id == "" }),
	})
	if err != nil {
		return err
	}
	if err := e.learnTitles(ctx); err != nil {
		return err
	}
	return e.noteFiles(ctx, e.Record.GetName())
}

// learnTitles learns what the units are called, those that have ended one by one: they are few.
func (e *export) learnTitles(ctx context.Context) error {
	e.titles = map[string]string{}
	for ids := range slices.Chunk(e.units, unitsAsked) {
		asked := &networkv1.BatchGetUnitsRequest{AsOf: clock.Today(e.campaigns.Store.Clock).String()}
		for _, id := range ids {
			asked.Names = append(asked.Names, resource.Name(resource.Units, id))
		}
		answer, err := e.Server.units.BatchGetUnits(ctx, asked)
		if err != nil {
			return err
		}
		for _, unit := range answer.GetUnits() {
			e.titles[unit.GetName()] = unit.GetTitle()
		}
		for _, name := range asked.GetNames() {
			if e.titles[name] != "" {
				continue
			}
			ended, err := e.directory.Ended(ctx, name)
			if err != nil && !fault.IsNotFound(err) {
				return err
			}
			e.titles[name] = ended.GetTitle()
		}
	}
	return nil
}

// register writes the positions, power items and risk points of the units, as they are written and, of entries, in each version.
func (e *export) register(ctx context.Context) error {
	posts := kind[*riskv1.Position]{
		collection: "positions", path: "register/positions",
		columns: []string{"state", "title", "section", "rank", "tier", "holder", "ended_on", "reason"},
		cells: func(p *riskv1.Position) []string {
			return []string{
				e.stateOf(p.GetState()), p.GetTitle(), p.GetSection(), e.in(schemes.TitleIn(e.scheme.GetRanks(), p.GetRank())),
				e.in(schemes.TitleIn(e.scheme.GetTiers(), p.GetTier())),
				positions.IncumbentOn(p, e.last).GetPerson(), p.GetEndedOn(), p.GetEndReason(),
			}
		},
	}
	powers := kind[*riskv1.PowerItem]{
		collection: resource.PowerItems, path: "register/power-items", attached: true,
		columns: []string{"state", "version", "title", "kind", "legal_basis", "positions"},
		refers:  (*riskv1.PowerItem).GetPositions,
		cells: func(item *riskv1.PowerItem) []string {
			return []string{
				e.stateOf(item.GetState()), versionOf(item.GetStanding()),
				item.GetTitle(), e.in(schemes.TitleIn(e.scheme.GetPowerKinds(), item.GetKind())), item.GetLegalBasis(),
				e.calledAll(item.GetPositions()),
			}
		},
	}
	points := kind[*riskv1.RiskPoint]{
		collection: resource.RiskPoints, path: "register/risk-points", attached: true,
		columns: []string{
			"state", "version", "power_item", "step", "position", "tier", "regime", "description", "category", "search_aspects",
			"search_methods", "search_sources", "causes", "control_stage", "points", "score", "grade", "owner",
		},
		refers: func(p *riskv1.RiskPoint) []string { return []string{p.GetPosition(), p.GetPowerItem()} },
		cells:  e.pointCells,
	}
	olderPowers, olderPoints := powers, points
	olderPowers.collection, olderPowers.path, olderPowers.attached = "powerItemVersions", "register/power-item-versions", false
	olderPoints.collection, olderPoints.path, olderPoints.attached = "riskPointVersions", "register/risk-point-versions", false
	return inOrder(ctx, e, posts.write, powers.write, olderPowers.write, points.write, olderPoints.write)
}

// pointCells are those of a risk point: where it lies, how it was found, and what its grade comes from.
func (e *export) pointCells(p *riskv1.RiskPoint) []string {
	score, sources := "", make([]string, 0, len(p.GetSearchSources()))
	if p.GetScore() > 0 {
		score = strconv.FormatFloat(p.GetScore(), 'f', -1, 64)
	}
	for _, found := range p.GetSearchSources() {
		sources = append(sources, found.GetSource())
	}
	item, position := e.called[p.GetPowerItem()], e.called[p.GetPosition()]
	return []string{
		e.stateOf(p.GetState()), versionOf(p.GetStanding()), item.title, item.steps[p.GetStep()], position.title,
		e.in(schemes.TitleIn(e.scheme.GetTiers(), position.tier)), p.GetRegime(), p.GetDescription(),
		e.in(schemes.TitleIn(e.scheme.GetCategories(), p.GetCategory())),
		e.in(schemes.TitlesIn(e.scheme.GetSearchAspects(), p.GetSearchAspects())),
		e.in(schemes.TitlesIn(e.scheme.GetSearchMethods(), p.GetSearchMethods())),
		e.in(schemes.TitlesIn(e.scheme.GetSearchSources(), sources)),
		e.in(schemes.TitlesIn(e.scheme.GetCauses(), p.GetCauses())),
		e.in(schemes.TitleIn(e.scheme.GetControlStages(), p.GetControlStage())),
		e.in(grading.PointTitles(e.scheme, p.GetPoints())), score,
		e.in(schemes.TitleIn(e.scheme.GetGrades(), p.GetGrade())), p.GetOwner().GetTitle(),
	}
}

// owed writes what the units were asked to do: controls, commitments, redos, and the problems that were named.
func (e *export) owed(ctx context.Context) error {
	return inOrder(ctx, e, e.controls().write, e.commitments().write, e.redos().write, e.problems().write)
}

// protected writes what went wrong and what was said, for who reaches the unit that runs the campaign: an office below it may be
// what they are about.
func (e *export) protected(ctx context.Context) error {
	if !access.Reaches(ctx, e.UnitPath) {
		e.note(words.ManifestNoReach())
		return nil
	}
	if err := e.deficiencies().write(ctx, e); err != nil {
		return err
	}
	held, err := access.Holds(ctx, e.directory, answerComments)
	if err != nil {
		return err
	}
	if !held {
		e.note(words.ManifestNoComments(answerComments))
		return nil
	}
	return e.comments().write(ctx, e)
}

// inOrder writes some kinds one after another.
func inOrder(ctx context.Context, e *export, all ...func(context.Context, *export) error) error {
	for _, write := range all {
		if err := write(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func versionOf(standing *riskv1.Standing) string { return strconv.Itoa(int(standing.GetVersion())) }

// reports writes what the units sent while the campaign lasted by the schedules that it counts or by which risks are inspected,
// and what sums these up, with their filings: of who may not read reports the manifest says that they are left out.
func (e *export) reports(ctx context.Context) error {
	held, err := access.Holds(ctx, e.directory, readReports)
	if err != nil || e.Record.GetStartedOn() == "" {
		return err
	}
	if !held {
		e.note(words.ManifestNoReports(readReports))
		return nil
	}
	schedules, err := e.schedules(ctx)
	if err != nil {
		return err
	}
	for units := range slices.Chunk(e.units, unitsAtOnce) {
		sent, err := db.New(e.campaigns.Store.Afresh()).ReportsSentBy(ctx, db.ReportsSentByParams{
			Units: units, Schedules: schedules, FirstDay: e.first, LastDay: e.last,
		})
		if err != nil {
			return err
		}
		for some := range slices.Chunk(sent, reportsAtOnce) {
			if err := e.sentReports(ctx, some); err != nil {
				return err
			}
		}
	}
	return nil
}

// reportsAtOnce is how many reports are held at once: each may have tables of hundreds of rows.
const reportsAtOnce = 20

// sentReports writes reports, without those that are there no more.
func (e *export) sentReports(ctx context.Context, sent []db.ReportsSentByRow) error {
	names := make([]string, len(sent))
	for i, r := range sent {
		names[i] = resource.Name(resource.Reports, strings.Join([]string{r.UnitID, r.Schedule, r.Period}, "."))
	}
	found, err := e.sent.BatchGetReports(ctx, &networkv1.BatchGetReportsRequest{Names: names})
	if err != nil {
		return err
	}
	for _, name := range found.GetDamaged() {
		e.damaged(name)
	}
	for _, report := range found.GetReports() {
		if err := e.json(report.GetName()+".json", report); err != nil {
			return err
		}
	}
	return nil
}

// schedules are those of the reports that belong to a campaign.
func (e *export) schedules(ctx context.Context) ([]string, error) {
	of := map[string]bool{}
	for _, grade := range e.scheme.GetGrades() {
		for _, id := range grade.GetInspectionSchedules() {
			of[id] = true
		}
	}
	kind, _ := schemes.Find(e.scheme.GetCampaignKinds(), e.Record.GetKind())
	for _, stage := range kind.GetStages() {
		for _, measure := range stage.GetMeasures() {
			of[measure.GetSchedule()] = true
		}
	}
	delete(of, "")
	network, err := e.directory.Scheme(ctx, e.ActingUnit())
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	all := []string{}
	for _, schedule := range network.GetSchedules() {
		if of[schedule.GetId()] || sumsUp(network, schedule.GetForm(), of) {
			all = append(all, schedule.GetId())
		}
	}
	return all, nil
}

// sumsUp tells whether a form sums up reports of some schedules.
func sumsUp(network *networkv1.Scheme, id string, of map[string]bool) bool {
	form, _ := schemes.Find(network.GetReportForms(), id)
	for _, section := range form.GetSections() {
		for _, item := range section.GetItems() {
			if slices.ContainsFunc(item.GetTable().GetSource().GetSchedules(), func(s string) bool { return of[s] }) {
				return true
			}
		}
	}
	return false
}
