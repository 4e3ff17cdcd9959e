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

// warningCase is a warning read for an act, with its row and the scheme version it was issued under, whose rules it keeps.
type warningCase struct {
	*warningv1.Warning

	tx       *record.Tx
	row      db.Warning
	scheme   *warningv1.Scheme
	calendar *calendar.Calendar
	now      time.Time

	actingUnit string // unit that acts, "units/…"; empty for the suite itself
}

// transition moves the warning along its life cycle and notes it in the history; what is awaited follows from the new state.
func (d *warningCase) transition(name, note string) error {
	state, err := WarningLifecycle.Next(d.GetState(), lifecycle.Act(name))
	if err != nil {
		return err
	}
	moved := state != d.GetState()
	d.State = state
	d.addHistory(name, note)
	if !moved {
		return nil
	}
	return d.setAwaited()
}

func (d *warningCase) addHistory(act, note string) {
	d.History = append(d.History, &warningv1.WarningEvent{
		EventTime: timestamppb.New(d.now), Act: act, State: d.GetState(), Note: note, Unit: d.actingUnit,
	})
}

// setWarningLevel places the warning on a warning level, under one of its forms.
func (d *warningCase) setWarningLevel(warningLevel *warningv1.WarningLevel, form *warningv1.Form) {
	d.WarningLevel, d.WarningLevelTitle, d.Form = warningLevel.GetId(), warningLevel.GetTitle(), form.GetId()
}

// warningLevel returns the warning level and its index on the ladder.
func (d *warningCase) warningLevel() (*warningv1.WarningLevel, int) {
	i := slices.IndexFunc(d.scheme.GetWarningLevels(), func(r *warningv1.WarningLevel) bool { return r.GetId() == d.GetWarningLevel() })
	return d.scheme.GetWarningLevels()[i], i // put took it from there
}

// nextWarningLevel is the warning level above; nil on the last.
func (d *warningCase) nextWarningLevel() *warningv1.WarningLevel {
	_, i := d.warningLevel()
	if i++; i < len(d.scheme.GetWarningLevels()) {
		return d.scheme.GetWarningLevels()[i]
	}
	return nil
}

// sendNotice sends a notice with the warning level's limits. A rectification already handed in keeps the limit it was sent under.
func (d *warningCase) sendNotice(number string) error {
	if d.GetState() != rectified {
		if err := d.setRectifyBy(); err != nil {
			return err
		}
	}
	if d.row.RectifyOn == nil {
		d.row.RectifyOn = dayOf(d.GetRectifyBy())
	}
	warningLevel, _ := d.warningLevel()
	form, _ := schemes.Find(warningLevel.GetForms(), d.GetForm())
	d.Notice = d.newNotice(form, number)
	return d.setAwaited()
}

// approve lets a waiting warning go out.
func (d *warningCase) approve(number string) error {
	if err := d.transition(actApprove, ""); err != nil {
		return err
	}
	return d.sendNotice(number)
}

// rectify takes in a rectification.
func (d *warningCase) rectify(r *warningv1.Rectification) error {
	d.Rectifications = append(d.Rectifications, &warningv1.Rectification{
		Measures: r.GetMeasures(), Evidence: r.GetEvidence(), SubmitTime: timestamppb.New(d.now),
	})
	if err := d.transition(actRectify, ""); err != nil {
		return err
	}
	if d.row.RectifiedOn == nil {
		on := d.today().In(time.UTC)
		d.row.RectifiedOn = &on
	}
	return nil
}

// recordCheck takes in what the office found. After a failed check the limit to rectify begins afresh.
func (d *warningCase) recordCheck(ok bool, note string) error {
	if ok {
		return d.transition(actPass, note)
	}
	if err := d.transition(actFail, note); err != nil {
		return err
	}
	if err := d.setRectifyBy(); err != nil {
		return err
	}
	return d.setAwaited()
}

// changeWarningLevel moves the warning to another warning level, whose first form it takes, and sends a fresh notice.
func (d *warningCase) changeWarningLevel(act string, warningLevel *warningv1.WarningLevel, number, note string) error {
	d.setWarningLevel(warningLevel, warningLevel.GetForms()[0])
	if err := d.transition(act, note); err != nil {
		return err
	}
	d.History[len(d.History)-1].WarningLevel = warningLevel.GetId()
	return d.sendNotice(number)
}

// setRectifyBy sets until when to rectify, counted from today.
func (d *warningCase) setRectifyBy() (err error) {
	warningLevel, _ := d.warningLevel()
	d.RectifyBy, err = calendarpb.Due(d.calendar, d.today(), warningLevel.GetRectifyWithin())
	return err
}

// setAwaited sets what is awaited in the warning's state. Only what the addressee owes makes a warning rise by itself.
func (d *warningCase) setAwaited() error {
	d.Awaited, d.row.RiseAfter = nil, nil
	warningLevel, _ := d.warningLevel()
	switch d.GetState() {
	case issued:
		if d.GetNotice() == nil {
			return nil // just approved: sendOut comes next
		}
		due, err := calendarpb.Due(d.calendar, shanghai(d.GetNotice().GetIssueTime()), warningLevel.GetAcknowledgeWithin())
		d.awaitAddressee(actAcknowledge, due)
		return err
	case acknowledged:
		d.awaitAddressee(actRectify, d.GetRectifyBy())
	case rectified:
		last := d.GetRectifications()[len(d.GetRectifications())-1]
		due, err := calendarpb.Due(d.calendar, shanghai(last.GetSubmitTime()), warningLevel.GetCheckWithin())
		d.Awaited = &warningv1.Awaited{Act: actCheck, Deadline: due}
		return err
	default:
	}
	return nil
}

func (d *warningCase) awaitAddressee(act string, due *typev1.Deadline) {
	d.Awaited, d.row.RiseAfter = &warningv1.Awaited{Act: act, Deadline: due}, dayOf(due)
}

func (d *warningCase) today() calendar.Date { return calendar.DateOf(d.now, calendar.Shanghai) }

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
