package warnings

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// sendNotice sends a notice, with which the steps of the warning's form begin.
func (w *warningCase) sendNotice() error {
	number, err := w.number()
	if err != nil {
		return err
	}
	if err := w.beginForm(); err != nil {
		return err
	}
	w.Notice = w.newNotice(w.form(), number)
	return nil
}

// nextNoticeNumber takes the next notice number of the warning's region and of the year in Asia/Shanghai, "340500-2026-0001". The
// numbers of a region and year have no gaps: one taken by a change that fails is given again.
func nextNoticeNumber(ctx context.Context, c *change) (string, error) {
	year := calendar.DateOf(c.Now(), calendar.Shanghai).Year()
	last, err := db.New(c).NextNoticeNumber(ctx, db.NextNoticeNumberParams{Region: c.Region, Year: int32(year)})
	return fmt.Sprintf("%s-%d-%04d", c.Region, year, last), err
}

// newNotice fills in a form's text.
func (w *warningCase) newNotice(form *warningv1.Form, number string) *warningv1.Notice {
	zh, en := w.addressed()
	text := form.GetNotice()
	return &warningv1.Notice{
		Number: number, Title: form.GetTitle(), IssueTime: timestamppb.New(w.now),
		Body: &typev1.Text{Zh: w.fillPlaceholders(text.GetZh(), zh), En: w.fillPlaceholders(text.GetEn(), en)},
	}
}

// addressed is to whom a notice goes, in both languages (H9).
func (w *warningCase) addressed() (zh, en string) {
	for i, a := range w.GetAddressees() {
		title, titleEn := a.GetUnitTitle(), a.GetUnitTitle()
		if a.GetPosition() != "" {
			title, titleEn = title+"（"+a.GetPosition()+"）", titleEn+" ("+a.GetPosition()+")"
		}
		if i > 0 {
			zh, en = zh+"、", en+"; "
		}
		zh, en = zh+title, en+titleEn
	}
	return zh, en
}

// Placeholders are what the notice of a form may have filled in: besides what every one may, the last days of the limits that
// begin with it.
func Placeholders(form *warningv1.Form) []string {
	known := []string{"{unit}", "{title}", "{grounds}", "{office}"}
	for _, rule := range form.GetSteps() {
		if rule.GetWithin() != nil && !rule.GetFromStepBefore() && rule.GetKind() != toLookBack {
			known = append(known, dueOf(rule.GetId()))
		}
	}
	return known
}

func dueOf(step string) string { return "{due." + step + "}" }

func (w *warningCase) fillPlaceholders(text, addressee string) string {
	fill := slices.Concat([]string{
		"{unit}", addressee, "{title}", w.GetTitle(), "{grounds}", w.GetGrounds(), "{office}", w.beside[officeTitle],
	}, w.lastDays())
	return strings.NewReplacer(fill...).Replace(text)
}

// lastDays are the last days of the steps' limits, each behind its placeholder.
func (w *warningCase) lastDays() (pairs []string) {
	for _, s := range w.GetSteps() {
		pairs = append(pairs, dueOf(s.GetId()), s.GetLimit().GetDeadline().GetDue())
	}
	return pairs
}
