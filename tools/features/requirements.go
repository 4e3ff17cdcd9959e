package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// requirement is one thing the suite must do; ID is the name that tests quote.
type requirement struct {
	ID      string `yaml:"id"`
	Service string `yaml:"service"`
	Text    string `yaml:"text"`
	TextZH  string `yaml:"text_zh"`
}

// idPattern is the form of an id: a letter for the mechanism it comes from, a number, at times a letter (T18b).
var idPattern = regexp.MustCompile(`^[HCJTVX][0-9]{1,2}[a-z]?$`)

// loadRequirements reads the list strictly: every field set, every id well formed and only once.
func loadRequirements(path string) ([]requirement, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read requirements: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	var list []requirement
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	var faults []error
	seen := map[string]bool{}
	for _, r := range list {
		switch {
		case !idPattern.MatchString(r.ID):
			faults = append(faults, fmt.Errorf("%q is no requirement id", r.ID))
		case seen[r.ID]:
			faults = append(faults, fmt.Errorf("%s is listed twice", r.ID))
		case r.Service == "" || r.Text == "" || r.TextZH == "":
			faults = append(faults, fmt.Errorf("%s lacks service, text or text_zh", r.ID))
		}
		seen[r.ID] = true
	}
	return list, errors.Join(faults...)
}
