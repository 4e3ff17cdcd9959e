package tips

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// RegisterTip enters what reached a unit by letter, visit, call or by hand (C8, C9, H7).
func (s *Server) RegisterTip(ctx context.Context, req *networkv1.RegisterTipRequest) (*networkv1.RegisterTipResponse, error) {
	return routed(ctx, s, func(r *router) (*networkv1.RegisterTipResponse, error) {
		return record.Prepare(ctx, s.store, req,
			func(ctx context.Context) (enteredTip, error) { return r.enter(ctx, req) },
			func(ctx context.Context, entered enteredTip) (*networkv1.RegisterTipResponse, error) {
				return record.Change(ctx, s.store, req, entered.store)
			})
	})
}

// enteredTip is a tip that staff have entered, and what they are told of it.
type enteredTip struct {
	tip    preparedTip
	answer *networkv1.RegisterTipResponse
}

func (e enteredTip) store(ctx context.Context, tx *record.Tx) (*networkv1.RegisterTipResponse, error) {
	if err := e.tip.router.server.insertAll(ctx, tx, []preparedTip{e.tip}); err != nil {
		return nil, err
	}
	return e.answer, tx.Record(ctx, e.tip.entry())
}

// enter checks what staff enter. The request stays as it came: it may be routed anew.
func (r *router) enter(ctx context.Context, req *networkv1.RegisterTipRequest) (entered enteredTip, err error) {
	if err := access.RequireOwn(ctx, req.GetUnit()); err != nil {
		return entered, err
	}
	content := proto.CloneOf(req.GetContent())
	about, err := r.concerned(ctx, "content.unit", content.GetUnit())
	if err != nil {
		return entered, err
	}
	receivedOn, officer, err := r.checkRegistration(ctx, about, req)
	if err != nil {
		return entered, err
	}
	content.AboutLeaders = isAboutLeaders(about, content)
	tip := &networkv1.Tip{Content: content, SourceRoles: rolesOf(officer), SendingUnit: req.GetSendingUnit()}
	if tip.UnitsNamed, err = r.unitsNamed(ctx, about, content.GetPosition()); err != nil {
		return entered, err
	}
	if isAboutLeadersOf(req.GetSendingUnit(), tip) {
		return entered, fault.Invalid("sending_unit", words.OwnLeaders())
	}
	handler, err := r.route(ctx, about, destination{
		recipient:     req.GetRecipient(),
		fallback:      defaultHandlingUnit(req.GetUnit(), about.Unit),
		skipConcerned: content.GetAboutLeaders() || isAboutOwn(req.GetUnit(), about),
		named:         tip.GetUnitsNamed(),
	})
	if err != nil {
		return entered, err
	}
	source, err := r.server.sealSender(req.GetSender())
	if err != nil {
		return entered, err
	}
	tip.Registration = &networkv1.TipRegistration{
		Unit: req.GetUnit(), ReceivedOn: receivedOn.String(), ReceivedBy: req.GetReceivedBy(),
	}
	t, receipt, err := r.prepare(ctx, tip, about.Unit, handler, source, receivedOn)
	if err != nil {
		return entered, err
	}
	return enteredTip{t, &networkv1.RegisterTipResponse{
		Receipt: receipt, State: tip.GetState(), ReceiveTime: tip.GetReceiveTime(),
		HandlingUnit: tip.GetHandlingUnit(), Tip: tip.GetName(), Successor: about.successor.GetName(),
	}}, nil
}

// defaultHandlingUnit is the unit that entered a tip where it lies above the unit concerned, else the one above that.
func defaultHandlingUnit(entering string, about *networkv1.Unit) string {
	for _, ancestor := range about.GetAncestors() {
		if ancestor == entering {
			return entering
		}
	}
	return about.GetParent()
}

// checkRegistration finds all that is wrong with what staff enter, the day on which it came, and the officer who sent it.
func (r *router) checkRegistration(
	ctx context.Context, about concernedUnit, req *networkv1.RegisterTipRequest,
) (calendar.Date, *networkv1.Officer, error) {
	scheme, err := r.scheme(ctx, about)
	if err != nil {
		return calendar.Date{}, nil, err
	}
	var faults fault.Fields
	today := r.day
	receivedOn, ok := faults.ParsePastDay("received_on", req.GetReceivedOn(), today)
	if !ok {
		receivedOn = today
	}
	lineage := access.PathIDs(about.Unit)
	if err := schemes.CheckInForce(ctx, r.server.store, &faults, "received_on", lineage, receivedOn); err != nil {
		return calendar.Date{}, nil, err
	}
	officer, err := r.senderOfficer(ctx, &faults, req.GetSender(), receivedOn)
	if err != nil {
		return calendar.Date{}, nil, err
	}
	if err := r.checkSendingUnit(ctx, &faults, req.GetSendingUnit()); err != nil {
		return calendar.Date{}, nil, err
	}
	checkFields(&faults, scheme, req.GetContent(), today)
	if happened, err := calendar.ParseDate(
		req.GetContent().GetOccurredOn(),
	); err == nil && happened.After(receivedOn) &&
		!happened.After(today) {
		faults.Add("content.occurred_on", words.AfterReceipt(receivedOn.String()))
	}
	channel := req.GetContent().GetChannel()
	if _, known := schemes.Find(scheme.GetChannels(), channel); known {
		if rule, _ := schemes.Find(scheme.GetChannelRules(), channel); !rule.GetEnteredByStaff() {
			faults.Add("content.channel", words.NotEnteredByStaff())
		}
	}
	return receivedOn, officer, faults.Err()
}

// sealSender seals who sent what staff entered. The staff are not the source; the journal names them.
func (s *Server) sealSender(sender *networkv1.TipSender) ([]byte, error) {
	return s.seal(map[string]string{
		"name": sender.GetName(), "contact": sender.GetContact(), "officer": sender.GetOfficer(),
	})
}

// checkSendingUnit checks that the unit that something was sent for, if any, is within reach; an ended one, by where it lay.
func (r *router) checkSendingUnit(ctx context.Context, faults *fault.Fields, name string) error {
	if name == "" {
		return nil
	}
	unit, err := access.UnitEver(ctx, r.tree, name)
	switch {
	case fault.IsNotFound(err):
		var says words.Sentence
		says, err = access.Missing(ctx, r.tree, name)
		faults.Add("sending_unit", says)
	case err == nil && !access.Reaches(ctx, access.Path(unit)):
		faults.Add("sending_unit", words.UnknownUnit(resource.ID(name)))
	}
	return err
}

// senderOfficer is the officer who sent what staff entered, in office at some time of the day it came; nil where it was somebody
// else. What came on the day of a dismissal may have come before it, and no letter tells.
func (r *router) senderOfficer(
	ctx context.Context, faults *fault.Fields, sender *networkv1.TipSender, receivedOn calendar.Date,
) (*networkv1.Officer, error) {
	name := sender.GetOfficer()
	if name == "" {
		return nil, nil //nolint:nilnil // nobody's absence is a fault
	}
	officer, err := r.tree.Officer(ctx, name)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	unit, err := r.tree.Unit(ctx, officer.GetUnit())
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	switch {
	case err != nil || !access.Reaches(ctx, access.Path(unit)):
		faults.Add("sender.officer", words.UnknownOfficer(name))
	case !access.ServedOn(officer, receivedOn):
		faults.Add("sender.officer", words.OfficerNotInOffice(words.Titled(officer), receivedOn.String()))
	}
	return officer, nil
}
