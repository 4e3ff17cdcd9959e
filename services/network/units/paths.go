package units

import (
	"errors"
	"regexp"
)

// treePath is where a page of units ends. It is checked as it is read: a page token can be made up.
type treePath string

var wellFormed = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)

// UnmarshalText reads the path of a page token.
func (p *treePath) UnmarshalText(text []byte) error {
	if !wellFormed.Match(text) {
		return errors.New("not a path of units")
	}
	*p = treePath(text)
	return nil
}
