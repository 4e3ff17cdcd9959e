package bulletins

import (
	"bytes"
	"context"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// page is a bulletin to print. Everything is escaped where it stands.
var page = template.Must(template.New("bulletin").Parse(`<!DOCTYPE html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8">
<title>{{.Title}}</title>
<style>
body { font-family: serif; max-width: 42em; margin: 2em auto; line-height: 1.7 }
h1, .about { text-align: center }
p { text-indent: 2em }
table { border-collapse: collapse; width: 100% }
th, td { border: 1px solid; padding: .2em .5em; text-align: left; white-space: pre-line }
footer { margin-top: 2em; font-size: .8em; overflow-wrap: anywhere }
</style>
</head>
<body>
<p class="about">{{.Kind}}{{with .Number}} {{.}}{{end}}</p>
<h1>{{.Title}}</h1>
<p class="about">{{.Unit}} {{.Day}} ({{.Period}})</p>
{{range .Sections}}<h2>{{.Title}}</h2>
{{range .Text}}<p>{{.}}</p>
{{end}}{{if .Rows}}<table>
<tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
{{end}}{{end}}{{with .Hash}}<footer>SHA-256 {{.}}</footer>
{{end}}</body>
</html>
`))

// printed is what the page shows.
type printed struct {
	Lang, Kind, Number, Title, Unit, Day, Period, Hash string

	Sections []printedSection
}

type printedSection struct {
	Title string
	Text  []string
	Head  []string
	Rows  [][]string
}

// PrintBulletin shows a bulletin as a page to print.
func (s *Server) PrintBulletin(ctx context.Context, req *warningv1.PrintBulletinRequest) (*httpbody.HttpBody, error) {
	b, err := s.bulletins.Get(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	lang := words.CallerLang(ctx)
	shown := printed{
		Lang: "zh-CN", Kind: inLang(lang, b.GetKindTitle()), Number: b.GetNumber(), Title: b.GetTitle(), Unit: b.GetUnitTitle(),
		Day: b.GetIssuedOn(), Period: b.GetPeriod(), Hash: b.GetContentSha256(),
	}
	if lang == words.English {
		shown.Lang = "en"
	}
	for _, section := range b.GetSections() {
		shown.Sections = append(shown.Sections, shownSection(lang, section))
	}
	var out bytes.Buffer
	err = page.Execute(&out, shown)
	return &httpbody.HttpBody{ContentType: "text/html; charset=utf-8", Data: out.Bytes()}, err
}

func inLang(lang words.Lang, text *typev1.Text) string {
	if lang == words.English && text.GetEn() != "" {
		return text.GetEn()
	}
	return text.GetZh()
}

// column is a column of figures.
type column struct {
	head words.Sentence
	cell func(*warningv1.BulletinRow) string
}

// shownSection is a section as the page shows it.
func shownSection(lang words.Lang, section *warningv1.BulletinSection) printedSection {
	shown := printedSection{Title: inLang(lang, section.GetTitle())}
	if section.GetText() != "" {
		shown.Text = strings.Split(section.GetText(), "\n")
	}
	columns := columnsOf(lang, section.GetContent())
	if slices.ContainsFunc(section.GetRows(), func(r *warningv1.BulletinRow) bool { return r.GetCause() != nil }) {
		cause := func(r *warningv1.BulletinRow) string { return inLang(lang, r.GetCause()) }
		columns = append(columns, column{words.PrintCause(), cause})
	}
	if slices.ContainsFunc(section.GetRows(), func(r *warningv1.BulletinRow) bool { return r.GetProblem() != "" }) {
		columns = append(columns, column{words.PrintProblem(), (*warningv1.BulletinRow).GetProblem})
	}
	for _, c := range columns {
		shown.Head = append(shown.Head, c.head.In(lang))
	}
	for _, row := range section.GetRows() {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = c.cell(row)
		}
		shown.Rows = append(shown.Rows, cells)
	}
	return shown
}

// columnsOf are the columns of a section's figures.
func columnsOf(lang words.Lang, content warningv1.BulletinContent) []column {
	number := func(head words.Sentence, of func(*warningv1.BulletinRow) int64) column {
		return column{head, func(r *warningv1.BulletinRow) string { return strconv.FormatInt(of(r), 10) }}
	}
	label := func(head words.Sentence) column {
		return column{head, func(r *warningv1.BulletinRow) string { return inLang(lang, r.GetLabel()) }}
	}
	unit := column{words.PrintUnit(), (*warningv1.BulletinRow).GetUnitTitle}
	count := number(words.PrintCount(), (*warningv1.BulletinRow).GetCount)
	previous := number(words.PrintPrevious(), (*warningv1.BulletinRow).GetPrevious)
	switch content {
	case warningv1.BulletinContent_BULLETIN_CONTENT_AREAS:
		return []column{label(words.PrintArea()), count, previous}
	case warningv1.BulletinContent_BULLETIN_CONTENT_FINDINGS:
		return []column{unit, label(words.PrintArea()), count, previous}
	case warningv1.BulletinContent_BULLETIN_CONTENT_WARNINGS:
		return []column{label(words.PrintLevel()), count, number(words.PrintEnded(), (*warningv1.BulletinRow).GetDone)}
	case warningv1.BulletinContent_BULLETIN_CONTENT_RECTIFICATIONS:
		return []column{
			unit, count, number(words.PrintInTime(), (*warningv1.BulletinRow).GetDone),
			number(words.PrintOverdue(), (*warningv1.BulletinRow).GetOverdue),
		}
	default:
		return nil
	}
}
