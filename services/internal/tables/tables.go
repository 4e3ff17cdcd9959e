// Package tables writes a table, row by row, as a file that an office opens, prints and files: a CSV file, a workbook or a page.
// No more of it is held than the row that is being written.
package tables

import (
	"fmt"
	"io"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// Head is what stands above the rows.
type Head struct {
	Lang  words.Lang
	Title string
	// About are what is said of the whole table, each a word and what it says.
	About   [][2]string
	Columns []Column
}

// Column is a column of a table.
type Column struct {
	Title string
	// Wide is set where it holds sentences.
	Wide bool
	// Number is set where it holds whole numbers.
	Number bool
}

// Writer writes the rows.
type Writer interface {
	// Row writes a row, a cell for each column.
	Row(cells []string) error
	// Close ends the file, and leaves open what it is written to.
	Close() error
}

// New begins a file.
func New(to io.Writer, format typev1.TableFormat, head Head) (Writer, error) {
	switch format {
	case typev1.TableFormat_TABLE_FORMAT_CSV:
		return newText(to, head)
	case typev1.TableFormat_TABLE_FORMAT_XLSX:
		return newWorkbook(to, head)
	case typev1.TableFormat_TABLE_FORMAT_HTML:
		return newPage(to, head)
	default:
		return nil, fmt.Errorf("no format of a table: %s", format)
	}
}

// ContentType is the media type of a format.
func ContentType(format typev1.TableFormat) string {
	switch format {
	case typev1.TableFormat_TABLE_FORMAT_XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case typev1.TableFormat_TABLE_FORMAT_HTML:
		return "text/html; charset=utf-8"
	default:
		return "text/csv; charset=utf-8"
	}
}

// Ending is how the name of a file of a format ends.
func Ending(format typev1.TableFormat) string {
	return "." + strings.ToLower(strings.TrimPrefix(format.String(), "TABLE_FORMAT_"))
}

// Harmless keeps spreadsheets from taking a cell of a CSV file for a formula.
func Harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
