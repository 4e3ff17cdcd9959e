package reports

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
)

// notify tells a unit about the version acted on, of each once.
func (c *lockedReport) notify(ctx context.Context, unit *networkv1.Unit, says words.Sentence) error {
	return inbox.Notify(ctx, c.tx, inbox.Message{
		Recipient: inbox.RecipientOf(unit), Sentence: says, Resource: c.version.GetName(),
		DedupKey: strconv.Itoa(int(c.version.GetVersion())),
	})
}

// notifyAbove tells the unit directly above that a version was sent.
func (s *Server) notifyAbove(ctx context.Context, c *lockedReport) error {
	if c.actingUnit.GetParent() == "" {
		return nil
	}
	above, err := s.directory.Unit(ctx, c.actingUnit.GetParent())
	if fault.IsNotFound(err) {
		return nil // it ends at this moment; there is nobody to tell
	}
	if err != nil {
		return err
	}
	says := words.InboxReportSubmitted(c.actingUnit.GetTitle(), titleOf(c.version), c.version.GetPeriod())
	if version := int(c.version.GetVersion()); version > 1 {
		says = words.InboxReportResubmitted(c.actingUnit.GetTitle(), titleOf(c.version), c.version.GetPeriod(),
			strconv.Itoa(version))
	}
	return c.notify(ctx, above, says)
}

// titleOf is what messages call a report.
func titleOf(report *networkv1.Report) words.Title {
	return schemes.TitleOf(report.GetSchedule(), report.GetTitle())
}
