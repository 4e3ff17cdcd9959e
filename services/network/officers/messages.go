package officers

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
)

// toldAfter is what the unit of an officer and the one that appointed are told after which act (C6).
var toldAfter = map[lifecycle.Act]func(*networkv1.Officer, *networkv1.OfficerEvent) words.Sentence{
	appoint: func(o *networkv1.Officer, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerAppointed(o.GetTitle(), e.GetDay())
	},
	renew: func(o *networkv1.Officer, _ *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerRenewed(o.GetTitle(), termText(o))
	},
	commend: func(o *networkv1.Officer, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerCommended(o.GetTitle(), e.GetReason())
	},
	reward: func(o *networkv1.Officer, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerRewarded(o.GetTitle(), e.GetReason())
	},
	dismiss: outOfOffice,
	replace: outOfOffice,
	expire: func(o *networkv1.Officer, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerExpired(o.GetTitle(), e.GetDay())
	},
}

func outOfOffice(o *networkv1.Officer, e *networkv1.OfficerEvent) words.Sentence {
	return words.InboxOfficerDismissed(o.GetTitle(), e.GetDay())
}

// notify tells the unit of an officer and the one that appointed, but for the one that acts.
func notify(ctx context.Context, c *change, acting string, says words.Sentence) error {
	var messages []inbox.Message
	told := map[string]bool{acting: true}
	for _, unit := range []string{c.Record.GetUnit(), c.Record.GetAppointingUnit()} {
		if told[unit] {
			continue
		}
		told[unit] = true
		messages = append(messages, inbox.Message{
			Recipient: inbox.To(unit), Sentence: says, Resource: c.Record.GetName(),
			DedupKey: c.Record.GetTermTo() + " " + c.Before.GetEtag(),
		})
	}
	return inbox.NotifyUnits(ctx, c.Tx, c.Today(), messages...)
}
