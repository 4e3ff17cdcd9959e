package publications

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/tables"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Document is what a publication says as an office prints it, posts it and files it (J1, J6, T4, T22): a table of its entries, or
// of the lines of its text, that calls everything by its title.
type Document struct {
	of      *riskv1.Publication
	scheme  *riskv1.Scheme
	lang    words.Lang
	units   map[string]string // what the units of the entries were called on its day, by their names
	columns []column
}

// NewDocument learns what a document calls.
func NewDocument(
	ctx context.Context, from db.DBTX, units networkv1.UnitServiceClient, of *riskv1.Publication, lang words.Lang,
) (*Document, error) {
	d := &Document{of: of, scheme: &riskv1.Scheme{}, lang: lang, columns: columnsOf(of)}
	err := schemes.ByVersion(ctx, from, of.GetSchemeVersion(), d.scheme)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	if err := d.addTerms(ctx, from); err != nil {
		return nil, err
	}
	region, key, err := resource.Split(of.GetName())
	if err != nil {
		return nil, err
	}
	named, err := db.New(from).UnitsOfEntries(ctx, db.UnitsOfEntriesParams{
		Collection: registers[of.GetRegister()].collection, Region: region, Key: key,
	})
	if err != nil {
		return nil, err
	}
	d.units, err = titlesOf(ctx, units, of.GetAsOf(), append(named, of.GetUnit()))
	return d, err
}

// addTerms adds those by which units below may have entered what it shows; a text shows none.
func (d *Document) addTerms(ctx context.Context, from db.DBTX) error {
	if d.of.GetAsOf() == "" {
		return nil
	}
	day, err := calendar.ParseDate(d.of.GetAsOf())
	if err != nil {
		return err
	}
	return grading.AddTerms(ctx, from, d.scheme, day)
}

// unitsAtOnce is how many units are asked for at a time.
const unitsAtOnce = 100

// titlesOf are what units were called on a day, by their names; those that there were not then, what they were called last.
func titlesOf(
	ctx context.Context, units networkv1.UnitServiceClient, day string, names []string,
) (titles map[string]string, err error) {
	titles = map[string]string{}
	for _, asOf := range []string{day, ""} {
		names = slices.DeleteFunc(names, func(name string) bool { return titles[name] != "" })
		for some := range slices.Chunk(names, unitsAtOnce) {
			found, err := units.BatchGetUnits(ctx, &networkv1.BatchGetUnitsRequest{Names: some, AsOf: asOf})
			if err != nil {
				return nil, err
			}
			for _, unit := range found.GetUnits() {
				titles[unit.GetName()] = unit.GetTitle()
			}
		}
	}
	return titles, nil
}

// Begin begins a file of the document.
func (d *Document) Begin(to io.Writer, format typev1.TableFormat) (tables.Writer, error) {
	head := tables.Head{Lang: d.lang, Title: d.of.GetTitle(), About: d.about()}
	for _, c := range d.columns {
		head.Columns = append(head.Columns, tables.Column{
			Title: words.Sentence{Key: "column." + c.name}.In(d.lang), Wide: c.wide, Number: c.number,
		})
	}
	return tables.New(to, format, head)
}

// about is what stands above the entries: what it is, where and when it is public, and by what it can be recognized.
func (d *Document) about() (said [][2]string) {
	of := d.of
	kind, _ := schemes.Find(d.scheme.GetPublicationKinds(), of.GetKind())
	entries := ""
	if !holdsText(of.GetRegister()) {
		entries = strconv.Itoa(int(of.GetEntryCount()))
	}
	_, since, _ := strings.Cut(of.GetSchemeVersion(), "@")
	for _, line := range []struct {
		word words.Sentence
		says string
	}{
		{words.PrintUnit(), d.unit(of.GetUnit())},
		{words.PrintKind(), schemes.TitleOf(of.GetKind(), kind.GetTitle()).In(d.lang)},
		{words.PrintState(), words.Sentence{Key: "state." + of.GetState().String()}.In(d.lang)},
		{words.PrintAsOf(), of.GetAsOf()},
		{words.PrintScheme(), since},
		{words.PrintPlaces(), schemes.TitlesIn(kind.GetPlaces(), of.GetPlaces()).In(d.lang)},
		{words.PrintPublicFrom(), of.GetPublicFrom()},
		{words.PrintPublicUntil(), of.GetPublicUntil().GetDue()},
		{words.PrintEndedOn(), of.GetEndedOn()},
		{words.PrintEntries(), entries},
		{words.PrintSha256(), of.GetEntriesSha256()},
	} {
		if line.says != "" {
			said = append(said, [2]string{line.word.In(d.lang), line.says})
		}
	}
	return said
}

// Row is an entry as a row.
func (d *Document) Row(e Entry) []string {
	cells := make([]string, len(d.columns))
	for i, c := range d.columns {
		cells[i] = c.cell(d, e)
	}
	return cells
}

// Lines are the rows of one that holds a text.
func (d *Document) Lines() (rows [][]string) {
	if !holdsText(d.of.GetRegister()) {
		return nil
	}
	for line := range strings.SplitSeq(d.of.GetText(), "\n") {
		rows = append(rows, []string{line})
	}
	return rows
}

func (d *Document) unit(name string) string { return words.Named(name, d.units[name]).In(d.lang) }
