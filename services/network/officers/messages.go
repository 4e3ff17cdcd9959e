package officers

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// toldAfter is what the unit of an officer and the one that appointed are told after which act (C6).
var toldAfter = map[lifecycle.Act]func(*change, *networkv1.OfficerEvent) words.Sentence{
	appoint: func(c *change, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerAppointed(c.Record.GetTitle(), c.Record.GetType().String(), e.GetDay())
	},
	renew: renewed,
	commend: func(c *change, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerCommended(c.Record.GetTitle(), e.GetReason())
	},
	reward: func(c *change, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerRewarded(c.Record.GetTitle(), e.GetReason())
	},
	dismiss: outOfOffice,
	replace: outOfOffice,
	expire: func(c *change, e *networkv1.OfficerEvent) words.Sentence {
		return words.InboxOfficerExpired(c.Record.GetTitle(), e.GetDay())
	},
}

// renewed says what became of a term. One that ran out goes on, whenever it ends.
func renewed(c *change, _ *networkv1.OfficerEvent) words.Sentence {
	title, before, to := c.Record.GetTitle(), c.Before.GetTermTo(), c.Record.GetTermTo()
	switch {
	case to == "":
		return words.InboxOfficerRenewedOpen(title)
	case c.Before.GetState() != expired && (before == "" || to < before):
		return words.InboxOfficerShortened(title, to)
	default:
		return words.InboxOfficerRenewed(title, to)
	}
}

func outOfOffice(c *change, e *networkv1.OfficerEvent) words.Sentence {
	return words.InboxOfficerDismissed(c.Record.GetTitle(), e.GetDay(), c.Record.GetType().String())
}

// notify tells the unit of an officer, where the officer reads it, who stands for it today where it is to come, and the one that
// appointed, unless they act themselves.
func notify(ctx context.Context, c *change, acting string, says words.Sentence) error {
	message := inbox.Message{
		Recipient: inbox.To(c.Record.GetUnit()), Sentence: says, Resource: c.Record.GetName(),
		DedupKey: c.Record.GetTermTo() + " " + c.Before.GetEtag(),
	}
	messages, told := []inbox.Message{message}, []string{c.Record.GetUnit(), acting}
	stands, err := units.Successor(ctx, c.Tx, c.UnitPath, c.Today())
	if err != nil {
		return err
	}
	for _, unit := range []string{stands.GetName(), c.Record.GetAppointingUnit()} {
		if slices.Contains(told, unit) {
			continue
		}
		told = append(told, unit)
		message.Recipient, message.For = inbox.To(unit), ""
		if unit == stands.GetName() {
			message.For = resource.ID(c.Record.GetUnit())
		}
		messages = append(messages, message)
	}
	return inbox.NotifyUnits(ctx, c.Tx, c.Today(), messages...)
}
