package calendar

import (
	"fmt"
	"slices"
	"strings"
)

// Text tells the arithmetic in one sentence: in English where lang begins with
// "en", in Chinese otherwise. Reasons of pauses stand as they were written.
func (a Arithmetic) Text(lang string) string {
	w := wordingOf(lang)
	parts := []string{w.start(a.Start, a.Rule)}
	if skipped := a.skipped(w); len(skipped) > 0 {
		parts = append(parts, w.skipping+strings.Join(skipped, w.list))
	}
	if len(a.Swapped) > 0 {
		swapped := make([]string, len(a.Swapped))
		for i, s := range a.Swapped {
			swapped[i] = fmt.Sprintf(w.detail, s.Date, w.holiday(s.Name))
		}
		parts = append(parts, w.including+strings.Join(swapped, w.list))
	}
	parts = append(parts, a.dueText(w))
	if len(a.AssumedYears) > 0 {
		years := strings.Trim(fmt.Sprint(a.AssumedYears), "[]")
		parts = append(parts, fmt.Sprintf(w.assumed, strings.ReplaceAll(years, " ", w.list)))
	}
	return strings.Join(parts, w.comma)
}

// Extended tells, in the language of Text, an arithmetic and that of the time that was given beyond it.
func Extended(lang, first, further string) string { return first + wordingOf(lang).extended + further }

func wordingOf(lang string) wording {
	if strings.HasPrefix(strings.ToLower(lang), "en") {
		return english
	}
	return chinese
}

// skipped adds up the days skipped while counting, by cause and name, in order
// of first appearance. Runs from End on belong to the ending.
func (a Arithmetic) skipped(w wording) []string {
	var labels []string
	total := map[string]int{}
	for _, s := range a.Skipped {
		if s.To.IsZero() || !a.End.IsZero() && !s.From.Before(a.End) {
			continue
		}
		label := w.label(s)
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		total[label] += s.Days()
	}
	for i, label := range labels {
		labels[i] = w.days(label, total[label])
	}
	return labels
}

func (a Arithmetic) dueText(w wording) string {
	if a.Due.IsZero() {
		var standing Skip
		if n := len(a.Skipped); n > 0 {
			standing = a.Skipped[n-1]
		}
		return fmt.Sprintf(w.paused, standing.From, w.label(standing), a.Counted)
	}
	due := fmt.Sprintf(w.due, a.Due)
	for _, s := range a.Skipped {
		if s.From == a.End {
			return fmt.Sprintf(w.rolled, a.End, w.label(s)) + w.comma + due
		}
	}
	return due
}

// wording is how one language tells the arithmetic.
type wording struct {
	start                        func(start Date, r Rule) string
	days                         func(label string, n int) string
	holiday                      func(name string) string
	weekend, pause               string
	skipping, including          string
	detail, comma, list          string
	due, rolled, paused, assumed string
	extended                     string
}

func (w wording) label(s Skip) string {
	switch {
	case s.Cause == Weekend:
		return w.weekend
	case s.Cause == Holiday:
		return w.holiday(s.Name)
	case s.Name == "":
		return w.pause
	}
	return fmt.Sprintf(w.detail, w.pause, s.Name)
}

var chinese = wording{
	start: func(start Date, r Rule) string {
		first, unit := "首日不计", "自然日"
		if r.CountFirstDay {
			first = "首日计入"
		}
		switch r.Unit {
		case CalendarDays:
		case WorkingDays:
			unit = "工作日"
		case Months:
			unit = "月"
		}
		return fmt.Sprintf("从%s起算（%s），%d个%s", start, first, r.Days, unit)
	},
	days:      func(label string, n int) string { return fmt.Sprintf("%s%d天", label, n) },
	holiday:   func(name string) string { return name },
	weekend:   "周末",
	pause:     "暂停",
	skipping:  "跳过",
	including: "调休上班日计入：",
	detail:    "%s（%s）",
	comma:     "，",
	extended:  "；延长：",
	list:      "、",
	due:       "截止%s",
	rolled:    "期满日%s逢%s，顺延至下一工作日",
	paused:    "自%s起%s，已计%d天，截止日待定",
	assumed:   "%s年放假安排尚未公布，暂按周一至周五推定",
}

var english = wording{
	start: func(start Date, r Rule) string {
		first, unit := "not counted", "calendar day"
		if r.CountFirstDay {
			first = "counted"
		}
		switch r.Unit {
		case CalendarDays:
		case WorkingDays:
			unit = "working day"
		case Months:
			unit = "month"
		}
		return fmt.Sprintf("from %s (first day %s), %s", start, first, plural(r.Days, unit))
	},
	days:      func(label string, n int) string { return label + " " + plural(n, "day") },
	holiday:   englishHoliday,
	weekend:   "weekend",
	pause:     "pause",
	skipping:  "skipping ",
	including: "counting swapped working days: ",
	detail:    "%s (%s)",
	comma:     "; ",
	extended:  "; extended: ",
	list:      ", ",
	due:       "due %s",
	rolled:    "the end %s falls on %s and moves to the next working day",
	paused:    "standing from %s: %s, days counted so far: %d, due day not yet determined",
	assumed:   "no holiday notice yet for %s: Monday to Friday assumed, the due day is provisional",
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// englishHoliday translates the names the notices use, joined by "、" where two
// holidays are taken together; others stay as they are.
var englishHoliday = strings.NewReplacer(
	"元旦", "New Year's Day",
	"春节", "Spring Festival",
	"清明节", "Qingming Festival",
	"劳动节", "Labour Day",
	"端午节", "Dragon Boat Festival",
	"中秋节", "Mid-Autumn Festival",
	"国庆节", "National Day",
	"、", " and ",
).Replace
