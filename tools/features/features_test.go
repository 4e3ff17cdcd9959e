package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const listYAML = `
- {id: H6, service: network, text: Windows, text_zh: 报送时段}
- {id: C10, service: network, text: Periods, text_zh: 月报季报}
- {id: C3, service: network, text: Appointment, text_zh: 分级选聘}
- {id: T6, service: warning, text: Colours, text_zh: 三色}
`

func TestIDsLeadTheName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"TestH6_C10_ReportOpens":               {"H6", "C10"},
		"TestMainJob/C3_wrong_tier_refused":    {"C3"},
		"TestMainJob/deep/C12b_T18b_works":     {"C12b", "T18b"},
		"TestH6_C10_ReportOpens/on_first_day":  nil,
		"TestEARS/C1":                          nil,
		"TestEARS_C1_matches":                  nil,
		"TestX509_Certificate":                 nil,
		"FuzzX6_Bundle":                        {"X6"},
		"TestOrdinary":                         nil,
		"TestC11_T6_LadderRises/C11_T6_by_two": {"C11", "T6"},
	} {
		if got := ids(name); !slices.Equal(got, want) {
			t.Errorf("ids(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestOnlyPassingTestsCount(t *testing.T) {
	t.Parallel()
	table, err := build(write(t, listYAML), []string{
		write(t, line("pass", "TestH6_C10_Opens")+line("skip", "TestC3_Skipped")+line("fail", "TestT6_Broken")),
		write(t, line("pass", "TestMain/C10_closes")+line("pass", "TestT6_Broken")),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## network: 2 of 3 shown", "## warning: 0 of 1 shown",
		"| C10 | Periods<br>月报季报 | `TestH6_C10_Opens` in services/network<br>`TestMain/C10_closes` in services/network |",
		"| C3 | Appointment<br>分级选聘 | **missing** |", "| T6 | Colours<br>三色 | **missing** |",
	} {
		if !strings.Contains(string(table), want) {
			t.Errorf("table lacks %q:\n%s", want, table)
		}
	}
}

func TestUnknownIDIsRefused(t *testing.T) {
	t.Parallel()
	_, err := build(write(t, listYAML), []string{write(t, line("pass", "TestT99_Typo"))})
	if err == nil || !strings.Contains(err.Error(), "unknown requirement T99") {
		t.Errorf("err = %v", err)
	}
}

func TestFaultyListIsRefused(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{
		"id twice":      listYAML + "- {id: H6, service: network, text: a, text_zh: b}\n",
		"no Chinese":    "- {id: H6, service: network, text: a}\n",
		"odd id":        "- {id: Q6, service: network, text: a, text_zh: b}\n",
		"unknown field": "- {id: H6, service: network, text: a, text_zh: b, owner: c}\n",
	} {
		if _, err := loadRequirements(write(t, list)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCheckSeesAChangedTable(t *testing.T) {
	t.Parallel()
	list, results := write(t, listYAML), write(t, line("pass", "TestH6_Opens"))
	out := filepath.Join(t.TempDir(), "features.md")
	call := func(command string) error {
		return run([]string{command, "-requirements", list, "-out", out, results}, nil, nil)
	}
	if err := call("check"); err == nil {
		t.Error("check passed without a table")
	}
	if err := call("write"); err != nil {
		t.Fatal(err)
	}
	if err := call("check"); err != nil {
		t.Errorf("check after write: %v", err)
	}
}

func TestShowPrintsFailuresAndClosingLines(t *testing.T) {
	t.Parallel()
	events := `{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:1: loud\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`
	save := filepath.Join(t.TempDir(), "run.json")
	var out bytes.Buffer
	if err := show(strings.NewReader(events), &out, save); err == nil {
		t.Error("a failed test gave no error")
	}
	if want := "    b_test.go:1: loud\nFAIL\tp\t0.1s\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
	if kept, err := os.ReadFile(save); err != nil || string(kept) != events {
		t.Errorf("kept %q, %v", kept, err)
	}
}

func line(action, name string) string {
	return `{"Action":"` + action + `","Package":"` + modulePrefix + `services/network","Test":"` + name + "\"}\n"
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
