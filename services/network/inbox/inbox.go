// Package inbox tells units what needs their attention. A message names a record and says why, never what the record says.
package inbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Recipient is a unit that a message goes to.
type Recipient struct{ Region, UnitID, UnitPath string }

// RecipientOf addresses a unit.
func RecipientOf(u *networkv1.Unit) Recipient {
	return Recipient{Region: u.GetRegion(), UnitID: resource.ID(u.GetName()), UnitPath: access.Path(u)}
}

// Message is one thing to tell a unit.
type Message struct {
	Recipient Recipient
	// Sentence says why; its key is the kind of the message, "inbox.urgent_tip".
	words.Sentence
	// Resource is the name of the record it is about.
	Resource string
	// For is the id of the unit whose record it is. Where that has ended, or is to come, the message says so: successors act for
	// others as well, and so do those who stand for a unit before it is there.
	For string
	// DedupKey separates repetitions about one record, such as the day of a reminder. A unit gets a message with the same kind,
	// record and key once.
	DedupKey string
	// Replaces are kinds of messages about the record that this one takes the place of. One without a sentence only does that.
	Replaces []string
	// Unnamed has it lead to no record.
	Unnamed bool
}

// argSeparator stands between a message's args on their way to the database.
const argSeparator = "\x1f"

// joinArgs is args as one text. A control character in one of them, such as the separator, becomes a space.
func joinArgs(args []string) string {
	clean := make([]string, len(args))
	for i, arg := range args {
		clean[i] = OneLine(arg)
	}
	return strings.Join(clean, argSeparator)
}

// OneLine is a text with a space for each control character.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// Args that a sentence has no placeholder for add one of their own: years without a notice, a place, a unit that has ended
// (MoveMessagesToSuccessors adds it, too), and one that is to come.
const (
	assumedArg = "assumed"
	placeArg   = "at_place"
	endedArg   = "of_ended"
	comingArg  = "of_coming"
)

// WithAssumedYears has a message say that its day was counted in years without a notice, where there are any.
func WithAssumedYears(says words.Sentence, years []int) words.Sentence {
	if len(years) == 0 {
		return says
	}
	list := make([]string, len(years))
	for i, year := range slices.Sorted(slices.Values(years)) {
		list[i] = strconv.Itoa(year)
	}
	says.Args = append(says.Args, assumedArg, strings.Join(list, ", "))
	return says
}

// WithPlace has a message say where something is held, if that is known.
func WithPlace(says words.Sentence, place string) words.Sentence {
	if place != "" {
		says.Args = append(says.Args, placeArg, place)
	}
	return says
}

// Text is what a stored message says in a language.
func Text(lang words.Lang, kind string, args []string) string {
	text := words.Sentence{Key: kind, Args: args}.In(lang)
	for i := 0; i+1 < len(args); i += 2 {
		switch args[i] {
		case assumedArg:
			text += words.AssumedYears(args[i+1]).In(lang)
		case placeArg:
			text += words.MessagePlace(args[i+1]).In(lang)
		case endedArg:
			text += words.MessageOfEnded(args[i+1]).In(lang)
		case comingArg:
			text += words.MessageOfComing(args[i+1]).In(lang)
		}
	}
	return text
}

// Notify puts messages into the recipients' inboxes and queues their delivery, in the transaction of the change.
func Notify(ctx context.Context, tx *record.Tx, messages ...Message) error {
	_, err := add(ctx, tx, messages)
	return err
}

// add stores messages and gives the ids of the units that had not got theirs.
func add(ctx context.Context, tx *record.Tx, messages []Message) ([]string, error) {
	absent, err := absentUnits(ctx, tx, messages)
	if err != nil {
		return nil, err
	}
	p := db.AddMessagesParams{CreateTime: tx.Now()}
	for _, m := range messages {
		if m.Key == "" {
			continue
		}
		args, named := m.Args, m.Resource
		if m.Unnamed {
			named = ""
		}
		if m.For != m.Recipient.UnitID {
			args = slices.Concat(args, absent[m.For])
		}
		p.Regions = append(p.Regions, m.Recipient.Region)
		p.MessageKeys = append(p.MessageKeys, tx.NewTopKey())
		p.UnitIds = append(p.UnitIds, m.Recipient.UnitID)
		p.UnitPaths = append(p.UnitPaths, m.Recipient.UnitPath)
		p.Kinds = append(p.Kinds, m.Key)
		p.Args = append(p.Args, joinArgs(args))
		p.Resources = append(p.Resources, named)
		p.DedupKeys = append(p.DedupKeys, strings.Join([]string{m.Key, m.Resource, m.DedupKey}, " "))
	}
	return db.New(tx).AddMessages(ctx, p)
}

// absentUnits are the args that say which units messages to others are for that have ended or are to come, by the ids of those.
func absentUnits(ctx context.Context, tx *record.Tx, messages []Message) (map[string][]string, error) {
	var ids []string
	for _, m := range messages {
		if m.For != "" && m.For != m.Recipient.UnitID {
			ids = append(ids, m.For)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := db.New(tx).AbsentUnits(ctx, db.AbsentUnitsParams{UnitIds: ids, Day: tx.Today()})
	absent := map[string][]string{}
	for _, row := range rows {
		arg := endedArg
		if row.Coming {
			arg = comingArg
		}
		absent[row.UnitID] = []string{arg, row.Title}
	}
	return absent, err
}
