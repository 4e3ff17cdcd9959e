package campaigns

import (
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/tables"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns/archive"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
)

// printed holds the tables of one publication, compressed, while its entries are written (T22, T28).
type printed struct {
	*publications.Document

	files []*table
}

type table struct {
	tables.Writer

	format typev1.TableFormat
	held   archive.Spool
}

// newPrinted begins the tables of a publication, one of each format.
func newPrinted(d *publications.Document) (*printed, error) {
	p := &printed{Document: d}
	for _, format := range []typev1.TableFormat{
		typev1.TableFormat_TABLE_FORMAT_CSV, typev1.TableFormat_TABLE_FORMAT_XLSX, typev1.TableFormat_TABLE_FORMAT_HTML,
	} {
		t := &table{format: format}
		var err error
		if t.Writer, err = d.Begin(&t.held, format); err != nil {
			return nil, err
		}
		p.files = append(p.files, t)
	}
	for _, row := range d.Lines() {
		if err := p.row(row); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *printed) row(cells []string) error {
	for _, t := range p.files {
		if err := t.Row(cells); err != nil {
			return err
		}
	}
	return nil
}

// add adds the tables to the export.
func (p *printed) add(to *archive.Writer, path string) error {
	for _, t := range p.files {
		if err := t.Close(); err != nil {
			return err
		}
		if err := to.AddSpool(path+tables.Ending(t.format), &t.held); err != nil {
			return err
		}
	}
	return nil
}
