package tables

import (
	"encoding/csv"
	"io"
)

// Mark begins a CSV file, by which spreadsheets know UTF-8.
const Mark = "\ufeff"

// text is a CSV file.
type text struct{ rows *csv.Writer }

func newText(to io.Writer, head Head) (Writer, error) {
	if _, err := io.WriteString(to, Mark); err != nil {
		return nil, err
	}
	t := &text{csv.NewWriter(to)}
	above := [][]string{{head.Title}}
	for _, said := range head.About {
		above = append(above, said[:])
	}
	columns := make([]string, len(head.Columns))
	for i, c := range head.Columns {
		columns[i] = c.Title
	}
	for _, row := range append(above, []string{""}, columns) {
		if err := t.write(row); err != nil {
			return nil, err
		}
	}
	return t, t.flush()
}

// Row writes a row.
func (t *text) Row(cells []string) error {
	if err := t.write(cells); err != nil {
		return err
	}
	return t.flush()
}

func (t *text) write(cells []string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Harmless(cell)
	}
	return t.rows.Write(row)
}

func (t *text) flush() error {
	t.rows.Flush()
	return t.rows.Error()
}

// Close has nothing to add.
func (t *text) Close() error { return nil }
