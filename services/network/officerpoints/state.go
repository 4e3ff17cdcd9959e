package officerpoints

import (
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

// scoringState is kept sealed from one month to the next.
type scoringState struct {
	// Cursor is the last tip read of the month that is being counted: a large month takes several transactions.
	Cursor tipCursor `json:"after"`
	// Pending are the tips of officers that nobody has judged yet, by "{region}-{key}".
	Pending map[string]pendingTip `json:"waiting"`
	// Sums are those too small to be told, by the officer's name.
	Sums map[string]officerSum `json:"sums"`
}

// tipCursor is the last tip read, in order of receipt.
type tipCursor struct {
	Time time.Time `json:"time"`
	Key  string    `json:"key"`
}

// pendingTip is a tip whose quality check has not ended: who sent it, and in which month.
type pendingTip struct {
	Officer string        `json:"officer"`
	Month   calendar.Date `json:"month"`
}

// officerSum adds up judged tips of one officer.
type officerSum struct {
	First       calendar.Date `json:"first"` // first month counted
	AtOnce      int32         `json:"at_once"`
	AfterReturn int32         `json:"after_return"`
	NotAccepted int32         `json:"not_accepted"`
	Unfounded   int32         `json:"unfounded"`
}

// add counts one tip, which stands in one of the four columns.
func (s *officerSum) add(accepted, unfounded, returned bool) {
	switch {
	case unfounded:
		s.Unfounded++
	case !accepted:
		s.NotAccepted++
	case returned:
		s.AfterReturn++
	default:
		s.AtOnce++
	}
}

// judged is how many tips the sum is made of.
func (s officerSum) judged() int32 { return s.AtOnce + s.AfterReturn + s.NotAccepted + s.Unfounded }

// points weighs the sum as a scheme does.
func (s officerSum) points(w *networkv1.TipPoints) int32 {
	return s.AtOnce*w.GetAcceptedAtOnce() + s.AfterReturn*w.GetAcceptedAfterReturn() +
		s.NotAccepted*w.GetNotAccepted() + s.Unfounded*w.GetUnfounded()
}
