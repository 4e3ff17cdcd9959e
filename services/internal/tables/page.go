package tables

import (
	"html/template"
	"io"
	"strings"
)

// pageHead begins a page, whose table has its head again on each sheet of paper. Everything is escaped where it stands.
var pageHead = template.Must(template.New("table").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<title>{{.Title}}</title>
<style>
@page { size: A4 landscape; margin: 15mm }
body { font-family: serif; line-height: 1.4 }
h1 { text-align: center; font-size: 1.4em }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1em; font-size: .9em; overflow-wrap: anywhere }
dd { margin: 0 }
table { border-collapse: collapse; width: 100%; font-size: .9em }
tr { break-inside: avoid }
th, td { border: 1px solid; padding: .2em .4em; text-align: left; vertical-align: top }
th, td { white-space: pre-line; overflow-wrap: anywhere }
.wide { min-width: 12em }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
<dl>
{{range .About}}<dt>{{index . 0}}</dt><dd>{{index . 1}}</dd>
{{end}}</dl>
<table>
<thead><tr>{{range .Columns}}<th{{if .Wide}} class="wide"{{end}}>{{.Title}}</th>{{end}}</tr></thead>
<tbody>
`))

const pageEnd = "</tbody>\n</table>\n</body>\n</html>\n"

// page is a page of HTML.
type page struct{ to io.Writer }

func newPage(to io.Writer, head Head) (Writer, error) { return &page{to}, pageHead.Execute(to, head) }

// Row writes a row.
func (p *page) Row(cells []string) error {
	var row strings.Builder
	row.WriteString("<tr>")
	for _, cell := range cells {
		row.WriteString("<td>" + template.HTMLEscapeString(cell) + "</td>")
	}
	row.WriteString("</tr>\n")
	_, err := io.WriteString(p.to, row.String())
	return err
}

// Close ends the page.
func (p *page) Close() error {
	_, err := io.WriteString(p.to, pageEnd)
	return err
}
