package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const modulePrefix = "github.com/qingfeng-suite/qingfeng/"

// ids returns the requirement ids that lead the last part of a test's name: TestH6_C10_ReportOpens and
// TestMainJob/H6_C10_report_opens give H6 and C10. A name of ids alone gives none, as it says nothing about
// what is shown (and C1 to C3 are also detection methods).
func ids(name string) []string {
	part := name[strings.LastIndex(name, "/")+1:]
	part = strings.TrimPrefix(strings.TrimPrefix(part, "Test"), "Fuzz")
	segments := strings.Split(part, "_")
	for i, segment := range segments {
		if !idPattern.MatchString(segment) {
			return segments[:i]
		}
	}
	return nil
}

// match gives each requirement the passing tests that show it, sorted. A test that quotes an unknown id is an error.
func match(list []requirement, passed map[test]bool) (map[string][]string, error) {
	known := map[string]bool{}
	for _, r := range list {
		known[r.ID] = true
	}
	shown := map[string][]string{}
	var faults []string
	for t, ok := range passed {
		for _, id := range ids(t.Name) {
			if !known[id] {
				faults = append(faults, fmt.Sprintf("%s in %s quotes the unknown requirement %s", t.Name, t.Package, id))
			}
			if ok {
				shown[id] = append(shown[id], fmt.Sprintf("`%s` in %s", t.Name, strings.TrimPrefix(t.Package, modulePrefix)))
			}
		}
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return nil, errors.New(strings.Join(faults, "\n"))
	}
	for _, tests := range shown {
		slices.Sort(tests)
	}
	return shown, nil
}

// render writes one table per service, in the order of the list.
func render(list []requirement, shown map[string][]string) []byte {
	var out bytes.Buffer
	out.WriteString("# Features\n\nWritten by `make features` from the tests that pass; do not edit. " +
		"A test is named after the requirement it is about, and may show a part of it; README.md says what works.\n")
	var services []string
	for _, r := range list {
		if !slices.Contains(services, r.Service) {
			services = append(services, r.Service)
		}
	}
	for _, service := range services {
		var rows bytes.Buffer
		all, done := 0, 0
		for _, r := range list {
			if r.Service != service {
				continue
			}
			tests := "**missing**"
			if len(shown[r.ID]) > 0 {
				tests = strings.Join(shown[r.ID], "<br>")
				done++
			}
			all++
			fmt.Fprintf(&rows, "| %s | %s<br>%s | %s |\n", r.ID, cell(r.Text), cell(r.TextZH), cell(tests))
		}
		fmt.Fprintf(&out, "\n## %s: %d of %d shown\n\n| id | requirement | shown by |\n|---|---|---|\n", service, done, all)
		out.Write(rows.Bytes())
	}
	return out.Bytes()
}

// cell keeps a text inside its table cell.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}
