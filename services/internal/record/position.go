package record

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Position is a place in a journal. Positions stand in the order of commits.
type Position struct {
	Xact, Seq int64
}

// String is the position as readers know it.
func (p Position) String() string { return fmt.Sprintf("%d-%d", p.Xact, p.Seq) }

// Before tells whether a position comes before another.
func (p Position) Before(other Position) bool {
	return p.Xact < other.Xact || p.Xact == other.Xact && p.Seq < other.Seq
}

// ParsePosition reads the position in a field; an empty one is the beginning. Error: INVALID_ARGUMENT naming the field.
func ParsePosition(field, text string) (p Position, err error) {
	if text == "" {
		return p, nil
	}
	xact, seq, _ := strings.Cut(text, "-")
	if p.Xact, err = strconv.ParseInt(xact, 10, 64); err == nil {
		p.Seq, err = strconv.ParseInt(seq, 10, 64)
	}
	if err != nil {
		return Position{}, fault.Invalid(field, words.Position())
	}
	return p, nil
}
