package warning

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// dossier is a warning being changed: the message, the row it stands in and the version of the scheme it was issued under,
// whose rules it keeps to its end.
type dossier struct {
	*warningv1.Warning

	tx       *record.Tx
	row      db.Warning
	held     *warningv1.Scheme
	calendar *calendar.Calendar
	now      time.Time

	actor string // unit that acts, "units/…"; empty for the suite itself
}

// act moves the warning along its life cycle and notes it in the history; what is awaited follows from the new state.
func (d *dossier) act(name, note string) error {
	state, err := WarningLifecycle.Next(d.GetState(), lifecycle.Act(name))
	if err != nil {
		return err
	}
	moved := state != d.GetState()
	d.State = state
	d.note(name, note)
	if !moved {
		return nil
	}
	return d.await()
}

func (d *dossier) note(act, note string) {
	d.History = append(d.History, &warningv1.WarningEvent{
		EventTime: timestamppb.New(d.now), Act: act, State: d.GetState(), Note: note, Unit: d.actor,
	})
}

// put places the warning on a rung, under one of its forms.
func (d *dossier) put(rung *warningv1.Rung, form *warningv1.Form) {
	d.Rung, d.RungTitle, d.Form = rung.GetId(), rung.GetTitle(), form.GetId()
}

// rung is where the warning stands on the ladder, and its index there.
func (d *dossier) rung() (*warningv1.Rung, int) {
	i := slices.IndexFunc(d.held.GetRungs(), func(r *warningv1.Rung) bool { return r.GetId() == d.GetRung() })
	return d.held.GetRungs()[i], i // put took it from there
}

// next is the rung above; nil on the last.
func (d *dossier) next() *warningv1.Rung {
	_, i := d.rung()
	if i++; i < len(d.held.GetRungs()) {
		return d.held.GetRungs()[i]
	}
	return nil
}

// sendOut sends a notice with the rung's limits. A rectification already handed in keeps the limit it was sent under.
func (d *dossier) sendOut(number string) error {
	if d.GetState() != rectified {
		if err := d.limit(); err != nil {
			return err
		}
	}
	if d.row.RectifyOn == nil {
		d.row.RectifyOn = dayOf(d.GetRectifyBy())
	}
	rung, _ := d.rung()
	form, _ := schemes.Find(rung.GetForms(), d.GetForm())
	d.Notice = d.notice(form, number)
	return d.await()
}

// approve lets a waiting warning go out.
func (d *dossier) approve(number string) error {
	if err := d.act(actApprove, ""); err != nil {
		return err
	}
	return d.sendOut(number)
}

// rectify takes in a rectification.
func (d *dossier) rectify(r *warningv1.Rectification) error {
	d.Rectifications = append(d.Rectifications, &warningv1.Rectification{
		Measures: r.GetMeasures(), Evidence: r.GetEvidence(), SubmitTime: timestamppb.New(d.now),
	})
	if err := d.act(actRectify, ""); err != nil {
		return err
	}
	if d.row.RectifiedOn == nil {
		on := d.today().In(time.UTC)
		d.row.RectifiedOn = &on
	}
	return nil
}

// check takes in what the office found. After a failed check the limit to rectify begins afresh.
func (d *dossier) check(ok bool, note string) error {
	if ok {
		return d.act(actPass, note)
	}
	if err := d.act(actFail, note); err != nil {
		return err
	}
	if err := d.limit(); err != nil {
		return err
	}
	return d.await()
}

// climb moves the warning to another rung, whose first form it takes, and sends a fresh notice.
func (d *dossier) climb(act string, rung *warningv1.Rung, number, note string) error {
	d.put(rung, rung.GetForms()[0])
	if err := d.act(act, note); err != nil {
		return err
	}
	d.History[len(d.History)-1].Rung = rung.GetId()
	return d.sendOut(number)
}

// limit sets until when to rectify, counted from today.
func (d *dossier) limit() (err error) {
	rung, _ := d.rung()
	d.RectifyBy, err = calendarpb.Due(d.calendar, d.today(), rung.GetRectifyWithin())
	return err
}

// await sets what is awaited in the warning's state. Only what the addressee owes makes a warning rise by itself.
func (d *dossier) await() error {
	d.Awaited, d.row.RiseAfter = nil, nil
	rung, _ := d.rung()
	switch d.GetState() {
	case issued:
		if d.GetNotice() == nil {
			return nil // just approved: sendOut comes next
		}
		due, err := calendarpb.Due(d.calendar, shanghai(d.GetNotice().GetIssueTime()), rung.GetAcknowledgeWithin())
		d.owes(actAcknowledge, due)
		return err
	case acknowledged:
		d.owes(actRectify, d.GetRectifyBy())
	case rectified:
		last := d.GetRectifications()[len(d.GetRectifications())-1]
		due, err := calendarpb.Due(d.calendar, shanghai(last.GetSubmitTime()), rung.GetCheckWithin())
		d.Awaited = &warningv1.Awaited{Act: actCheck, Deadline: due}
		return err
	default:
	}
	return nil
}

func (d *dossier) owes(act string, due *typev1.Deadline) {
	d.Awaited, d.row.RiseAfter = &warningv1.Awaited{Act: act, Deadline: due}, dayOf(due)
}

func (d *dossier) today() calendar.Date { return calendar.DateOf(d.now, calendar.Shanghai) }

func shanghai(t *timestamppb.Timestamp) calendar.Date {
	return calendar.DateOf(t.AsTime(), calendar.Shanghai)
}

// dayOf is a deadline as it stands in a column.
func dayOf(due *typev1.Deadline) *time.Time {
	day, err := calendar.ParseDate(due.GetDue())
	if err != nil {
		return nil // there is no deadline
	}
	on := day.In(time.UTC)
	return &on
}
