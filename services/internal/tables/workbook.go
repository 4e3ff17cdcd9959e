package tables

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// The parts of a workbook beside its sheet, by ECMA-376.
const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	main    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	rels    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	pack    = "http://schemas.openxmlformats.org/package/2006/"
	office  = "application/vnd.openxmlformats-officedocument.spreadsheetml."

	contentTypes = xmlHead + `<Types xmlns="` + pack + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + office + `sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="` + office + `styles+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + office + `worksheet+xml"/></Types>`
	packageRels = xmlHead + `<Relationships xmlns="` + pack + `relationships">` +
		`<Relationship Id="rId1" Type="` + rels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	workbookRels = xmlHead + `<Relationships xmlns="` + pack + `relationships">` +
		`<Relationship Id="rId1" Type="` + rels + `/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="` + rels + `/styles" Target="styles.xml"/></Relationships>`

	// The head of the table, in row %d, stands on each sheet of paper.
	workbookPart = xmlHead + `<workbook xmlns="` + main + `" xmlns:r="` + rels + `"><bookViews><workbookView/></bookViews>` +
		`<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets><definedNames>` +
		`<definedName name="_xlnm.Print_Titles" localSheetId="0">Sheet1!$%[1]d:$%[1]d</definedName></definedNames></workbook>`

	// A cell is text (format 49) with quotePrefix, so that no spreadsheet takes it for a formula, also once it is edited.
	stylesPart = xmlHead + `<styleSheet xmlns="` + main + `"><fonts count="3"><font><sz val="11"/></font>` +
		`<font><b/><sz val="16"/></font><font><b/><sz val="11"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill>` +
		`<fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left style="thin"/>` +
		`<right style="thin"/><top style="thin"/><bottom style="thin"/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6">` +
		`<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1" applyFont="1"/>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/>` +
		`<xf numFmtId="49" fontId="2" fillId="0" borderId="1" xfId="0" quotePrefix="1" applyNumberFormat="1" applyFont="1" ` +
		`applyBorder="1" applyAlignment="1"><alignment horizontal="center" vertical="center" wrapText="1"/></xf>` +
		`<xf numFmtId="49" fontId="0" fillId="0" borderId="1" xfId="0" quotePrefix="1" applyNumberFormat="1" applyBorder="1" ` +
		`applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
		`<xf numFmtId="1" fontId="0" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyBorder="1" applyAlignment="1">` +
		`<alignment vertical="top"/></xf></cellXfs></styleSheet>`
)

// What the cells of a sheet look like, as the styles have it.
const (
	titleStyle = iota + 1
	aboutStyle
	headStyle
	cellStyle
	numberStyle
)

// How wide columns are, in characters.
const (
	narrow = 14
	wide   = 36
)

// mostInCell is how many UTF-16 units a cell of a spreadsheet takes; what is longer goes on in the row below.
const mostInCell = 32_767

// workbook is a workbook of one sheet.
type workbook struct {
	zip     *zip.Writer
	sheet   io.Writer
	columns []Column
	row     int
	held    bytes.Buffer // the row that is being written
}

func newWorkbook(to io.Writer, head Head) (Writer, error) {
	w := &workbook{zip: zip.NewWriter(to), columns: head.Columns}
	const titleRows, blankRows = 1, 1
	headRow := titleRows + len(head.About) + blankRows + 1
	for _, part := range [][2]string{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"xl/_rels/workbook.xml.rels", workbookRels},
		{"xl/workbook.xml", fmt.Sprintf(workbookPart, headRow)},
		{"xl/styles.xml", stylesPart},
	} {
		file, err := w.zip.Create(part[0])
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(file, part[1]); err != nil {
			return nil, err
		}
	}
	var err error
	if w.sheet, err = w.zip.Create("xl/worksheets/sheet1.xml"); err != nil {
		return nil, err
	}
	return w, w.above(head, headRow)
}

// above writes what stands above the rows, which stays in view.
func (w *workbook) above(head Head, headRow int) error {
	w.held.WriteString(xmlHead + `<worksheet xmlns="` + main + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`)
	fmt.Fprintf(&w.held, `<sheetViews><sheetView workbookViewId="0"><pane ySplit="%d" topLeftCell="A%d" activePane="bottomLeft" `+
		`state="frozen"/></sheetView></sheetViews><cols>`, headRow, headRow+1)
	for i, c := range head.Columns {
		width := narrow
		if c.Wide {
			width = wide
		}
		fmt.Fprintf(&w.held, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width)
	}
	w.held.WriteString(`</cols><sheetData>`)
	w.cells(titleStyle, head.Title)
	for _, said := range head.About {
		w.cells(aboutStyle, said[:]...)
	}
	w.cells(aboutStyle)
	titles := make([]string, len(head.Columns))
	for i, c := range head.Columns {
		titles[i] = c.Title
	}
	w.cells(headStyle, titles...)
	return w.flush()
}

// Row writes a row, and the rows below it in which its longest cells go on.
func (w *workbook) Row(cells []string) error {
	w.begin()
	for i, cell := range cells {
		if w.columns[i].Number && cell != "" {
			fmt.Fprintf(&w.held, `<c r="%s" s="%d"><v>`, w.at(i), numberStyle)
			escape(&w.held, cell)
			w.held.WriteString(`</v></c>`)
			continue
		}
		w.cell(i, cellStyle, cell[:fits(cell)])
	}
	w.held.WriteString(`</row>`)
	rest, more := make([]string, len(cells)), false
	for i, cell := range cells {
		if !w.columns[i].Number {
			rest[i] = cell[fits(cell):]
			more = more || rest[i] != ""
		}
	}
	if more {
		return w.Row(rest)
	}
	return w.flush()
}

// Close ends the workbook.
func (w *workbook) Close() error {
	w.held.WriteString(`</sheetData><pageMargins left="0.5" right="0.5" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>`)
	if err := w.flush(); err != nil {
		return err
	}
	return w.zip.Close()
}

func (w *workbook) cells(style int, cells ...string) {
	w.begin()
	for i, cell := range cells {
		w.cell(i, style, cell[:fits(cell)])
	}
	w.held.WriteString(`</row>`)
}

func (w *workbook) begin() {
	w.row++
	fmt.Fprintf(&w.held, `<row r="%d">`, w.row)
}

func (w *workbook) cell(i, style int, text string) {
	fmt.Fprintf(&w.held, `<c r="%s" s="%d" t="inlineStr"><is><t xml:space="preserve">`, w.at(i), style)
	escape(&w.held, text)
	w.held.WriteString(`</t></is></c>`)
}

// at is where a cell stands, such as "AB12".
func (w *workbook) at(column int) string {
	const letters = 26
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / letters {
		name = string(rune('A'+(n-1)%letters)) + name
	}
	return name + strconv.Itoa(w.row)
}

func (w *workbook) flush() error {
	_, err := w.held.WriteTo(w.sheet)
	return err
}

// fits is how much of a text a cell takes, in bytes: whole characters.
func fits(text string) int {
	units := 0
	for at, r := range text {
		if units += utf16.RuneLen(r); units > mostInCell {
			return at
		}
	}
	return len(text)
}

// escaped begins with what spreadsheets read as an escaped character, such as "_x000D_".
var escaped = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

// escape writes a text as it is to be read.
func escape(to *bytes.Buffer, text string) {
	for {
		at := strings.Index(text, "_x")
		if at < 0 {
			_ = xml.EscapeText(to, []byte(text)) // to memory
			return
		}
		_ = xml.EscapeText(to, []byte(text[:at])) // as above
		if text = text[at:]; escaped.MatchString(text) {
			to.WriteString("_x005F")
		}
		to.WriteByte('_')
		text = text[1:]
	}
}
