package campaigns

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
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
	columns    []string
	cells      func(M) []string
}

// write writes the records of a kind twice in one walk: a line each, and as a table that spreadsheets open. No more is held than
// one page of them and the table, compressed.
func (k kind[M]) write(ctx context.Context, e *export) error {
	var table archive.Spool
	if _, err := io.WriteString(&table, "\ufeff"); err != nil { // by which spreadsheets know UTF-8
		return err
	}
	rows := csv.NewWriter(&table)
	if err := rows.Write(heads(e.lang, append([]string{"unit_title", "unit", "name"}, k.columns...))); err != nil {
		return err
	}
	err := e.Add(k.path+".ndjson", func(to io.Writer) error {
		for units := range slices.Chunk(e.units, unitsAsked) {
			if err := k.ofUnits(ctx, e, units, to, rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		return err
	}
	return e.AddSpool(k.path+".csv", &table)
}

// ofUnits writes what some units have, by pages.
func (k kind[M]) ofUnits(ctx context.Context, e *export, units []string, to io.Writer, rows *csv.Writer) error {
	asked := db.CampaignMaterialParams{
		Collection: k.collection, Units: units, FirstDay: e.first, LastDay: e.last, PageSize: recordsAtOnce,
	}
	for {
		page, err := db.New(e.campaigns.Store.Afresh()).CampaignMaterial(ctx, asked)
		if err != nil {
			return err
		}
		owners := make([]string, 0, len(page))
		for _, row := range page {
			name := resource.Sharded(k.collection, row.Region, row.Key)
			if err := e.unlessDamaged(ctx, name, k.record(e, row.Body, to, rows)); err != nil {
				return err
			}
			owners = append(owners, name)
		}
		if k.attached {
			if err := e.noteFiles(ctx, owners...); err != nil {
				return err
			}
		}
		if len(page) < recordsAtOnce {
			return nil
		}
		last := page[len(page)-1]
		asked.AfterUnit, asked.AfterRegion, asked.AfterKey, asked.AfterVersion = last.UnitID, last.Region, last.Key, last.Version
	}
}

// record writes one record.
func (k kind[M]) record(e *export, body []byte, to io.Writer, rows *csv.Writer) error {
	found, err := document.Decode[M](body)
	if err != nil {
		return err
	}
	if err := line(to, found); err != nil {
		return err
	}
	row := append([]string{e.titles[found.GetUnit()], found.GetUnit(), found.GetName()}, k.cells(found)...)
	for i, cell := range row {
		row[i] = harmless(cell)
	}
	return rows.Write(row)
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

// stateOf is the word for a state.
func (e *export) stateOf(state fmt.Stringer) string {
	return words.Sentence{Key: "state." + state.String()}.In(e.lang)
}

// harmless keeps spreadsheets from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
