package tables_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/tables"
)

var update = flag.Bool("update", false, "write the files anew")

const (
	asCSV  = typev1.TableFormat_TABLE_FORMAT_CSV
	asXLSX = typev1.TableFormat_TABLE_FORMAT_XLSX
	asHTML = typev1.TableFormat_TABLE_FORMAT_HTML
)

// head is that of a table of a section.
func head() tables.Head {
	return tables.Head{
		Lang: words.Chinese, Title: "廉政风险点汇总表", About: [][2]string{{"单位", "商务局"}, {"备注", "=1+1"}},
		Columns: []tables.Column{{Title: "序号", Number: true}, {Title: "风险表现", Wide: true}, {Title: "等级"}},
	}
}

// written is a file with some rows.
func written(t *testing.T, format typev1.TableFormat, rows ...[]string) []byte {
	t.Helper()
	var file bytes.Buffer
	to, err := tables.New(&file, format, head())
	require.NoError(t, err)
	for _, row := range rows {
		require.NoError(t, to.Row(row))
	}
	require.NoError(t, to.Close())
	return file.Bytes()
}

// sheetOf is the sheet of a workbook, all parts of which must be XML.
func sheetOf(t *testing.T, file []byte) (sheet string) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	for _, part := range archive.File {
		r, err := part.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal(data, &struct{}{}), part.Name)
		sheet = string(data) // it comes last
	}
	return sheet
}

// escape is how a workbook writes a character that a program may not take for another.
var escape = regexp.MustCompile(`_x005F_`)

// cellsOf are the rows of a sheet as a spreadsheet reads them.
func cellsOf(t *testing.T, sheet string) (rows [][]string) {
	t.Helper()
	var read struct {
		Rows []struct {
			Cells []struct {
				Text   string `xml:"is>t"`
				Number string `xml:"v"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	require.NoError(t, xml.Unmarshal([]byte(sheet), &read))
	for _, row := range read.Rows {
		var cells []string
		for _, c := range row.Cells {
			cells = append(cells, escape.ReplaceAllString(c.Text, "_")+c.Number)
		}
		rows = append(rows, cells)
	}
	return rows
}

func TestT22_X8_ATableIsAFileOfEachFormat(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"1", "对条件不符的申请予以许可，\n未公开 <b>依据</b>", "A级"},
		{"2", `=HYPERLINK("http://example.org","请看")`, "_x0041_x0042_"},
	}
	for path, file := range map[string]string{
		"table.csv": string(written(t, asCSV, rows...)), "table.html": string(written(t, asHTML, rows...)),
		"sheet.xml": sheetOf(t, written(t, asXLSX, rows...)),
	} {
		path = filepath.Join("testdata", path)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), file, path)
	}
	above := [][]string{{"廉政风险点汇总表"}, {"单位", "商务局"}, {"备注", "=1+1"}, nil, {"序号", "风险表现", "等级"}}
	assert.Equal(t, append(above, rows...), cellsOf(t, sheetOf(t, written(t, asXLSX, rows...))))
	first := written(t, asXLSX, rows...)
	assert.Equal(t, first, written(t, asXLSX, rows...), "the same table is the same file")
}

func TestX7_NoCellIsTakenForAFormulaOrMarkup(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"} {
		file := written(t, asCSV, []string{"1", evil, evil})
		read := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file), tables.Mark)))
		read.FieldsPerRecord = -1
		rows, err := read.ReadAll()
		require.NoError(t, err)
		assert.Equal(t, "'"+strings.TrimRight(evil, "\r"), strings.TrimRight(rows[len(rows)-1][1], "\r"))
		assert.NotContains(t, sheetOf(t, written(t, asXLSX, []string{"1", evil, ""})), "<f>")
	}
	page := string(written(t, asHTML, []string{"1", "<script>alert(1)</script>", `"&`}))
	assert.NotContains(t, page, "<script>")
	assert.Contains(t, page, "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>&#34;&amp;</td>")
}

// What a cell of a spreadsheet can't hold goes on in the row below; nothing is lost, and no character is cut.
func TestT22_ALongCellGoesOnInTheRowBelow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("责任𠮷", 20_000)
	rows := cellsOf(t, sheetOf(t, written(t, asXLSX, []string{"7", long, "A级"}, []string{"8", "短", "B级"})))
	rows = rows[5:]
	require.Len(t, rows, 4)
	assert.Equal(t, []string{"7", "A级", "", ""}, []string{rows[0][0], rows[0][2], rows[1][0], rows[2][2]})
	assert.Equal(t, long, rows[0][1]+rows[1][1]+rows[2][1])
	assert.Equal(t, []string{"8", "短", "B级"}, rows[3])
	assert.Contains(t, string(written(t, asCSV, []string{"7", long, "A级"})), long)
}
