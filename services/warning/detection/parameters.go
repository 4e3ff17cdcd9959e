package detection

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// most bounds lengths and thresholds that have no bound of their own.
const most = 1_000_000

// parameters are the values of a method as they were written; each is taken once, and what nobody took is unknown.
type parameters struct {
	values map[string]string
	faults []error
}

// parse reads "key=value;key=value".
func parse(text string) (*parameters, error) {
	p := &parameters{values: map[string]string{}}
	for pair := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, found := strings.Cut(pair, "=")
		key = strings.TrimSpace(key)
		if !found {
			return nil, fmt.Errorf("parameter %q has no value: write key=value", key)
		}
		if _, twice := p.values[key]; twice {
			return nil, fmt.Errorf("parameter %q is given twice", key)
		}
		p.values[key] = strings.TrimSpace(value)
	}
	return p, nil
}

func (p *parameters) take(key string) (value string, given bool) {
	value, given = p.values[key]
	delete(p.values, key)
	return value, given
}

func (p *parameters) refuse(key, why string) {
	p.faults = append(p.faults, fmt.Errorf("parameter %q: %s", key, why))
}

// fault is everything refused, and every parameter the method doesn't have.
func (p *parameters) fault() error {
	for _, key := range slices.Sorted(maps.Keys(p.values)) {
		p.refuse(key, "the method has none of this name")
	}
	return errors.Join(p.faults...)
}

// number takes a number, or a fraction such as 2/3.
func (p *parameters) number(key string, usual, least, most float64) float64 {
	text, given := p.take(key)
	if !given {
		return usual
	}
	above, below, fraction := strings.Cut(text, "/")
	value, err := strconv.ParseFloat(above, 64)
	if fraction && err == nil {
		var divisor float64
		divisor, err = strconv.ParseFloat(below, 64)
		value /= divisor
	}
	if err != nil || !(value >= least && value <= most) {
		p.refuse(key, fmt.Sprintf("%q is no number from %g to %g", text, least, most))
	}
	return value
}

func (p *parameters) whole(key string, usual, least, most int) int {
	text, given := p.take(key)
	if !given {
		return usual
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < least || value > most {
		p.refuse(key, fmt.Sprintf("%q is no whole number from %d to %d", text, least, most))
	}
	return value
}

// yes takes true, which is usual, or false.
func (p *parameters) yes(key string) bool {
	text, given := p.take(key)
	if !given {
		return true
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		p.refuse(key, fmt.Sprintf("%q is neither true nor false", text))
	}
	return value
}

// choice takes one of some words; the first is usual.
func (p *parameters) choice(key string, words ...string) string {
	text, given := p.take(key)
	if !given {
		return words[0]
	}
	if !slices.Contains(words, text) {
		p.refuse(key, fmt.Sprintf("%q is none of %s", text, strings.Join(words, ", ")))
	}
	return text
}

// recent takes cases and periods, written "0:4" under the name they have in the paper.
func (p *parameters) recent() Recent {
	usual := Recent{Cases: 5, Periods: 4}
	text, given := p.take("limit54")
	if !given {
		return usual
	}
	before, after, _ := strings.Cut(text, ":")
	cases, wrong := strconv.ParseFloat(before, 64)
	periods, err := strconv.Atoi(after)
	if wrong != nil || err != nil || !(cases >= 0) || periods < 1 {
		p.refuse("limit54", fmt.Sprintf("%q is not cases:periods, such as 5:4", text))
	}
	return Recent{Cases: cases, Periods: periods}
}

func (p *parameters) month(key string, usual time.Time) time.Time {
	text, given := p.take(key)
	if !given {
		return usual
	}
	month, err := time.Parse("2006-01", text)
	if err != nil {
		p.refuse(key, fmt.Sprintf("%q is no month such as 2026-01", text))
	}
	return month
}
