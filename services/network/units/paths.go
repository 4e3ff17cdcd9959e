package units

import (
	"errors"
	"regexp"
)

// pathCursor is where a page of units ends. It is checked as it is read: a page token can be made up.
type pathCursor string

var wellFormed = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)

// UnmarshalText reads the path of a page token.
func (p *pathCursor) UnmarshalText(text []byte) error {
	if !wellFormed.Match(text) {
		return errors.New("not a path of units")
	}
	*p = pathCursor(text)
	return nil
}
