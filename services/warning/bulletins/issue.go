package bulletins

import (
	"context"
	"fmt"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/reminders"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// maxReceipts is how many addressees a bulletin has at most.
const maxReceipts = 5_000

// listSize is how many units are asked for at once, the most that network gives.
const listSize = 1000

// recipient is an addressee with its unit.
type recipient struct {
	unit       *networkv1.Unit
	recipients string
}

// IssueBulletin sends a bulletin out. To whom is looked up before the transaction begins.
func (s *Server) IssueBulletin(ctx context.Context, req *warningv1.IssueBulletinRequest) (*warningv1.Bulletin, error) {
	return record.Prepare(ctx, s.store, req, func(ctx context.Context) ([]recipient, error) {
		found, err := s.bulletins.Foresee(ctx, req, issueAct)
		if err != nil {
			return nil, err
		}
		return s.recipients(ctx, found.Record)
	}, func(ctx context.Context, to []recipient) (*warningv1.Bulletin, error) {
		days, err := s.calendar(ctx)
		if err != nil {
			return nil, err
		}
		return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Bulletin, error) {
			return s.issue(ctx, tx, req, to, days)
		})
	})
}

// recipients are the addressees of a bulletin, and each unit of its groups that is none yet.
func (s *Server) recipients(ctx context.Context, b *warningv1.Bulletin) ([]recipient, error) {
	of, err := access.LookUp(ctx, s.directory, "unit", b.GetUnit())
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	units, err := s.addressees(ctx, &faults, of, b.GetAddressees())
	if err != nil {
		return nil, err
	}
	var list []recipient
	for i, unit := range units {
		list = append(list, recipient{unit, b.GetAddressees()[i].GetRecipients()})
	}
	whole := map[string]bool{of.GetName(): true} // units that are no addressee of a group, or none any more
	for _, r := range list {
		whole[r.unit.GetName()] = whole[r.unit.GetName()] || r.recipients == ""
	}
	for _, group := range b.GetUnitGroups() {
		if list, err = s.addGroup(ctx, of, group, list, whole); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, fault.Precondition(words.NoAddressee())
	}
	return list, faults.Err()
}

// addGroup adds the units of a group to a list, unless they are in it as a whole.
func (s *Server) addGroup(
	ctx context.Context, of *networkv1.Unit, group *warningv1.UnitGroup, list []recipient, whole map[string]bool,
) ([]recipient, error) {
	req := &networkv1.ListUnitsRequest{
		Unit: of.GetName(), Levels: group.GetLevels(), Kinds: group.GetUnitKinds(), Sorts: group.GetUnitSorts(),
		PageSize: listSize,
	}
	for {
		resp, err := s.units.ListUnits(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, unit := range resp.GetUnits() {
			if whole[unit.GetName()] {
				continue
			}
			whole[unit.GetName()] = true
			if list = append(list, recipient{unit: unit}); len(list) > maxReceipts {
				return nil, fault.Precondition(words.TooManyAddressees(strconv.Itoa(maxReceipts)))
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return list, nil
		}
	}
}

// issue freezes a bulletin under its number and gives each addressee a receipt.
func (s *Server) issue(
	ctx context.Context, tx *record.Tx, req *warningv1.IssueBulletinRequest, to []recipient, days *calendar.Calendar,
) (*warningv1.Bulletin, error) {
	var kind *warningv1.BulletinKind
	b, err := s.bulletins.ActIn(ctx, tx, req, issueAct, nil, func(ctx context.Context, c *change) (err error) {
		if kind, err = kindOf(ctx, c); err != nil {
			return err
		}
		due, err := calendarpb.Due(days, c.Today(), kind.GetWithin())
		if err != nil {
			return err
		}
		c.Record.IssuedOn, c.Record.DueOn, c.Record.ReceiptCount = c.Today().String(), due.GetDue(), int32(len(to))
		if c.Record.Number, err = nextNumber(ctx, c); err != nil {
			return err
		}
		c.Record.ContentSha256, err = canonical.SHA256(&warningv1.Bulletin{
			Unit: c.Record.GetUnit(), Kind: c.Record.GetKind(), Period: c.Record.GetPeriod(), Title: c.Record.GetTitle(),
			Number: c.Record.GetNumber(), Sections: c.Record.GetSections(),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, one := range to {
		receipt := &warningv1.BulletinReceipt{
			Recipients: one.recipients, Bulletin: b.GetName(), Title: b.GetTitle(), Number: b.GetNumber(),
			IssuingUnit: b.GetUnit(), FollowUpAsked: kind.GetFollowUp(), DueOn: b.GetDueOn(), Reminders: kind.GetReminders(),
		}
		_, err := s.receipts.CreateIn(ctx, tx, one.unit, receipt, plan(days), func(_ context.Context, c *receiptChange) error {
			c.Tell(c.Record.GetUnit(), words.InboxBulletinIssued(b.GetUnit(), b.GetTitle(), b.GetDueOn()))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return b, nil
}

// nextNumber takes the next number of a unit's kind in a year.
func nextNumber(ctx context.Context, c *change) (string, error) {
	unit, year := resource.ID(c.Record.GetUnit()), c.Today().Year()
	last, err := db.New(c).NextBulletinNumber(ctx, db.NextBulletinNumberParams{
		UnitID: unit, Kind: c.Record.GetKind(), Year: int32(year),
	})
	return fmt.Sprintf("%s-%s-%d-%04d", unit, c.Record.GetKind(), year, last), err
}

// plan notes when an addressee is reminded next: on a later day.
func plan(days *calendar.Calendar) func(context.Context, *receiptChange) error {
	return func(_ context.Context, c *receiptChange) error {
		window, err := windowOf(c.Record)
		if err != nil {
			return err
		}
		c.Record.RemindOn = reminders.NextOn(days, c.Record.GetReminders(), window, c.Today())
		return nil
	}
}

// windowOf is the time in which a receipt is answered.
func windowOf(r *warningv1.BulletinReceipt) (w reminders.Window, err error) {
	w.OpenOn = calendar.DateOf(r.GetCreateTime().AsTime(), calendar.Shanghai)
	w.CloseOn, err = calendar.ParseDate(r.GetDueOn())
	return w, err
}
