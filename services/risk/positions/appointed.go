package positions

import (
	"context"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// comer is somebody who comes into a position of a rank that is filled by appointments (T15), and not by one: by an entry of
// holders, or of the rank.
type comer struct {
	place int // among the holders
	from  string
	kind  *riskv1.AppointmentKind // that the rank asks for
}

// comers are those of a change. Who holds the position already, or is to, does not come.
func comers(c *collection.Change[*riskv1.Position], scheme *riskv1.Scheme) (found []comer) {
	kind := appointedBy(scheme, c.Record.GetRank())
	if kind == nil {
		return nil
	}
	before, today := c.Before.GetHolders(), c.Today().String()
	if appointedBy(scheme, c.Before.GetRank()) == nil {
		before = nil // they came into another rank
	}
	for i, holder := range c.Record.GetHolders() {
		was := func(b *riskv1.PositionHolder) bool { return b.GetPerson() == holder.GetPerson() && !left(b, today) }
		if !left(holder, today) && !slices.ContainsFunc(before, was) {
			found = append(found, comer{i, holder.GetFrom(), kind})
		}
	}
	return found
}

// appointedBy is the first kind of appointments that is for a rank; nil where none is.
func appointedBy(scheme *riskv1.Scheme, rank string) *riskv1.AppointmentKind {
	for _, kind := range scheme.GetAppointmentKinds() {
		if len(kind.GetRanks()) == 0 || slices.Contains(kind.GetRanks(), rank) {
			return kind
		}
	}
	return nil
}

// refuseComers notes a fault for who comes today or later: an appointment enters them. So it does since the position was
// registered, or a day's delay would get round it; who came after that without one is for somebody above to enter.
func refuseComers(
	ctx context.Context, faults *fault.Fields, c *collection.Change[*riskv1.Position], scheme *riskv1.Scheme,
) {
	since := c.Today()
	if own := c.ActingUnit(); access.PrincipalOf(ctx).Unit == own && c.UnitAbove() != own {
		since = calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai)
	}
	for _, comer := range comers(c, scheme) {
		if comer.from >= since.String() {
			faults.Add(fmt.Sprintf("position.holders[%d].from", comer.place),
				words.AppointmentNeeded(schemes.TitleOf(comer.kind.GetId(), comer.kind.GetTitle())))
		}
	}
}

// tellComers tells the unit above who came before today without an appointment, as they did before the register began: whoever
// enters it there knows.
func tellComers(ctx context.Context, c *collection.Change[*riskv1.Position]) error {
	scheme := &riskv1.Scheme{}
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	if above := c.UnitAbove(); len(comers(c, scheme)) > 0 && access.PrincipalOf(ctx).Unit != above {
		c.Tell(above, words.InboxPositionEntered(c.Record.GetUnit(), c.Record.GetTitle()))
	}
	return nil
}
