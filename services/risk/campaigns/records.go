package campaigns

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/tables"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns/archive"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// How many units are asked for at once, and how many of their records are held.
const (
	unitsAsked    = 100
	recordsAtOnce = 500
)

// named is what any record of a unit has.
type named interface {
	proto.Message
	GetName() string
	GetUnit() string
}

// kind is one kind of records in an export.
type kind[M named] struct {
	collection string // of the view campaign_material
	path       string // of its files, without their endings
	attached   bool   // whether files are attached to them
	guarded    bool   // whether those alone are written whose units the caller reaches
	columns    []string
	refers     func(M) []string // positions and power items that the cells call by their titles; nil where none
	cells      func(M) []string
}

// writing writes a kind in one walk: to has a line for each record, rows one of the table.
type writing struct {
	to     io.Writer
	rows   *csv.Writer
	hidden int // records that the caller does not reach
}

// write writes the records of a kind twice in one walk: a line each, and as a table that spreadsheets open. No more is held than
// one page of them and the table, compressed.
func (k kind[M]) write(ctx context.Context, e *export) error {
	var table archive.Spool
	if _, err := io.WriteString(&table, tables.Mark); err != nil {
		return err
	}
	into := &writing{rows: csv.NewWriter(&table)}
	if err := into.rows.Write(heads(e.lang, append([]string{"unit_title", "unit", "name"}, k.columns...))); err != nil {
		return err
	}
	err := e.Add(k.path+".ndjson", func(to io.Writer) error {
		into.to = to
		return e.pages(ctx, k.collection, func(page []db.CampaignMaterialRow) error { return k.page(ctx, e, page, into) })
	})
	if err != nil {
		return err
	}
	if into.hidden > 0 {
		e.note(words.ManifestBeyondReach(k.path, strconv.Itoa(into.hidden)))
	}
	into.rows.Flush()
	if err := into.rows.Error(); err != nil {
		return err
	}
	return e.AddSpool(k.path+".csv", &table)
}

// pages gives what the units have of a collection, by pages.
func (e *export) pages(ctx context.Context, collection string, give func([]db.CampaignMaterialRow) error) error {
	for units := range slices.Chunk(e.units, unitsAsked) {
		asked := db.CampaignMaterialParams{
			Collection: collection, Units: units, FirstDay: e.first, LastDay: e.last, PageSize: recordsAtOnce,
		}
		for {
			page, err := db.New(e.campaigns.Store.Afresh()).CampaignMaterial(ctx, asked)
			if err != nil {
				return err
			}
			if err := give(page); err != nil {
				return err
			}
			if len(page) < recordsAtOnce {
				break
			}
			last := page[len(page)-1]
			asked.AfterUnit, asked.AfterRegion = last.UnitID, last.Region
			asked.AfterKey, asked.AfterVersion = last.Key, last.Version
		}
	}
	return nil
}

// page writes a page of records.
func (k kind[M]) page(ctx context.Context, e *export, page []db.CampaignMaterialRow, into *writing) error {
	records, owners, names := make([]M, 0, len(page)), make([]string, 0, len(page)), []string(nil)
	for _, row := range page {
		if k.guarded && !access.Reaches(ctx, row.UnitPath) {
			into.hidden++
			continue
		}
		name := resource.Sharded(k.collection, row.Region, row.Key)
		owners = append(owners, name)
		found, err := document.Decode[M](row.Body)
		if err != nil {
			if err := e.unlessDamaged(ctx, name, err); err != nil {
				return err
			}
			continue
		}
		records = append(records, found)
		if k.refers != nil {
			names = append(names, k.refers(found)...)
		}
	}
	if err := e.learnCalled(ctx, names); err != nil {
		return err
	}
	for _, found := range records {
		if err := k.record(e, found, into); err != nil {
			return err
		}
	}
	if !k.attached {
		return nil
	}
	return e.noteFiles(ctx, owners...)
}

// record writes one record.
func (k kind[M]) record(e *export, found M, into *writing) error {
	if err := line(into.to, found); err != nil {
		return err
	}
	row := append([]string{e.titles[found.GetUnit()], found.GetUnit(), found.GetName()}, k.cells(found)...)
	for i, cell := range row {
		row[i] = tables.Harmless(cell)
	}
	return into.rows.Write(row)
}

// called is what a position or a power item is called, in which tier the position is, and what the steps of the power item are
// called, by their ids.
type called struct {
	title, tier string
	steps       map[string]string
}

// learnCalled learns what the positions and power items are called that a page names, and forgets those of the page before.
func (e *export) learnCalled(ctx context.Context, names []string) error {
	e.called = map[string]called{}
	asked := db.CampaignNamesParams{}
	for _, name := range names {
		region, key, err := resource.Split(name)
		switch {
		case err != nil:
			continue // it names none
		case strings.HasPrefix(name, resource.PowerItems+"/"):
			asked.PowerRegions, asked.PowerKeys = append(asked.PowerRegions, region), append(asked.PowerKeys, key)
		default:
			asked.PositionRegions, asked.PositionKeys = append(asked.PositionRegions, region), append(asked.PositionKeys, key)
		}
	}
	if len(asked.PowerKeys)+len(asked.PositionKeys) == 0 {
		return nil
	}
	rows, err := db.New(e.campaigns.Store.Afresh()).CampaignNames(ctx, asked)
	if err != nil {
		return err
	}
	for _, row := range rows {
		is := called{title: row.Title, tier: row.Tier}
		if err := json.Unmarshal(row.Steps, &is.steps); err != nil {
			return err
		}
		e.called[row.Name] = is
	}
	return nil
}

// heads are what columns are called in a language.
func heads(lang words.Lang, columns []string) []string {
	called := make([]string, len(columns))
	for i, column := range columns {
		called[i] = words.Sentence{Key: "column." + column}.In(lang)
	}
	return called
}

// titleOf is what a unit is called; its name where it is none of those whose material this is.
func (e *export) titleOf(unit string) string { return cmp.Or(e.titles[unit], unit) }

// in is a title in the language of the tables.
func (e *export) in(title words.Title) string { return title.In(e.lang) }

// calledAll are what positions are called, one after another.
func (e *export) calledAll(positions []string) string {
	titles := make([]words.Title, len(positions))
	for i, name := range positions {
		titles[i] = words.Named(name, cmp.Or(e.called[name].title, name))
	}
	return e.in(words.List(titles...))
}

// outcomeOf is the word for what came of something; empty where nothing has.
func (e *export) outcomeOf(outcome interface {
	fmt.Stringer
	Number() protoreflect.EnumNumber
},
) string {
	if outcome.Number() == 0 {
		return ""
	}
	return words.Sentence{Key: "outcome." + outcome.String()}.In(e.lang)
}

// stateOf is the word for a state.
func (e *export) stateOf(state fmt.Stringer) string {
	return words.Sentence{Key: "state." + state.String()}.In(e.lang)
}
