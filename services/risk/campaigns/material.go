package campaigns

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// readReports is the permission to read reports, which the material holds for who has it.
const readReports = "network.reports.read"

// materialUnits are those whose register and reports are material.
func (e *export) materialUnits(ctx context.Context) ([]string, error) {
	besides := []string{resource.ID(e.Record.GetUnit()), resource.ID(e.Record.GetOffice()), resource.ID(e.ActingUnit())}
	return db.New(e.campaigns.Store.Afresh()).CampaignMaterialUnits(ctx, db.CampaignMaterialUnitsParams{
		Region: e.Region, Key: e.Key, Besides: slices.DeleteFunc(besides, func(id string) bool { return id == "" }),
	})
}

// entry is what a table shows of a power item or risk point.
type entry interface {
	proto.Message
	GetName() string
	GetUnit() string
	GetState() riskv1.RegisterState
	GetStanding() *riskv1.Standing
}

// register writes the power items and risk points of the units, whole and as tables: what has ended stands in publications alone.
func (e *export) register(ctx context.Context) error {
	units, err := e.materialUnits(ctx)
	if err != nil {
		return err
	}
	queries := db.New(e.campaigns.Store.Afresh())
	err = writeEntries(ctx, e, units, "power-items", queries.RegisteredPowers, []string{"title", "kind", "legal_basis"},
		func(item *riskv1.PowerItem) []string {
			return []string{item.GetTitle(), e.termOf(e.scheme.GetPowerKinds(), item.GetKind()), item.GetLegalBasis()}
		})
	if err != nil {
		return err
	}
	columns := []string{"description", "category", "grade", "owner"}
	return writeEntries(ctx, e, units, "risk-points", queries.RegisteredPoints, columns,
		func(point *riskv1.RiskPoint) []string {
			grade, _ := schemes.Find(e.scheme.GetGrades(), point.GetGrade())
			return []string{
				point.GetDescription(), e.termOf(e.scheme.GetCategories(), point.GetCategory()),
				schemes.TitleOf(point.GetGrade(), grade.GetTitle()).Zh, point.GetOwner().GetTitle(),
			}
		})
}

func (e *export) termOf(terms []*riskv1.Term, id string) string {
	term, _ := schemes.Find(terms, id)
	return schemes.TitleOf(id, term.GetTitle()).Zh
}

// writeEntries writes the entries of one kind twice: a line each, and as a table that spreadsheets open. No more is held than
// those of one unit.
func writeEntries[M entry](
	ctx context.Context, e *export, units []string, name string, read func(context.Context, string) ([][]byte, error),
	columns []string, cells func(M) []string,
) error {
	each := func(write func(M) error) error {
		for _, unit := range units {
			bodies, err := read(ctx, unit)
			if err != nil {
				return err
			}
			for _, body := range bodies {
				found, err := document.Decode[M](body)
				if err == nil {
					err = write(found)
				}
				if err := e.unlessDamaged(ctx, name+" of "+unit, err); err != nil {
					return err
				}
			}
		}
		return nil
	}
	err := e.Add("register/"+name+".ndjson", func(to io.Writer) error {
		return each(func(found M) error { return line(to, found) })
	})
	if err != nil {
		return err
	}
	return e.Add("register/"+name+".csv", func(to io.Writer) error {
		if _, err := io.WriteString(to, "\ufeff"); err != nil { // by which spreadsheets know UTF-8
			return err
		}
		table := csv.NewWriter(to)
		if err := table.Write(append([]string{"unit", "name", "state", "version"}, columns...)); err != nil {
			return err
		}
		err := each(func(found M) error {
			row := append([]string{
				found.GetUnit(), found.GetName(), found.GetState().String(), strconv.Itoa(int(found.GetStanding().GetVersion())),
			}, cells(found)...)
			for i, cell := range row {
				row[i] = harmless(cell)
			}
			return table.Write(row)
		})
		table.Flush()
		return err
	})
}

// harmless keeps spreadsheets from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// reports writes what the units sent while the campaign lasted by the schedules that it counts or by which risks are inspected,
// and what sums these up, with their filings: of who may not read reports the manifest says that they are left out.
func (e *export) reports(ctx context.Context) error {
	held, err := access.Holds(ctx, e.directory, readReports)
	if err != nil || e.Record.GetStartedOn() == "" {
		return err
	}
	if !held {
		e.Omitted("reports, which take " + readReports)
		return nil
	}
	asked := db.ReportsSentByParams{LastDay: clock.Today(e.campaigns.Store.Clock)}
	if asked.FirstDay, err = calendar.ParseDate(e.Record.GetStartedOn()); err != nil {
		return err
	}
	if ended := e.Record.GetEndedOn(); ended != "" {
		if asked.LastDay, err = calendar.ParseDate(ended); err != nil {
			return err
		}
	}
	if asked.Schedules, err = e.schedules(ctx); err != nil {
		return err
	}
	units, err := e.materialUnits(ctx)
	if err != nil {
		return err
	}
	for _, unit := range units {
		asked.UnitID = unit
		sent, err := db.New(e.campaigns.Store.Afresh()).ReportsSentBy(ctx, asked)
		if err != nil {
			return err
		}
		for _, r := range sent {
			name := resource.Name(resource.Reports, strings.Join([]string{unit, r.Schedule, r.Period}, "."))
			report, err := e.sent.GetReport(ctx, &networkv1.GetReportRequest{Name: name})
			if fault.IsNotFound(err) {
				continue
			}
			if err == nil {
				err = e.json(name+".json", report)
			}
			if err := e.unlessDamaged(ctx, name, err); err != nil {
				return err
			}
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
