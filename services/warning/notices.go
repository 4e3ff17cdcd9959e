package warning

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// nextNoticeNumber takes the next notice number of the warning's region and of the year in Asia/Shanghai, "340500-2026-0001". The
// numbers of a region and year have no gaps: one taken by a change that fails is given again.
func (d *warningCase) nextNoticeNumber(ctx context.Context) (string, error) {
	region, year := d.row.Region, d.today().Year()
	last, err := db.New(d.tx).NextNoticeNumber(ctx, db.NextNoticeNumberParams{Region: region, Year: int32(year)})
	return fmt.Sprintf("%s-%d-%04d", region, year, last), err
}

// newNotice fills in a form's text.
func (d *warningCase) newNotice(form *warningv1.Form, number string) *warningv1.Notice {
	zh, en := d.row.UnitTitle, d.row.UnitTitle
	if d.GetPosition() != "" { // the person is warned together with the unit (H9)
		zh, en = zh+"（"+d.GetPosition()+"）", en+" ("+d.GetPosition()+")"
	}
	return &warningv1.Notice{
		Number: number, Title: form.GetTitle(), IssueTime: timestamppb.New(d.now),
		Body: &typev1.Text{Zh: d.fillPlaceholders(form.GetNotice().GetZh(), zh), En: d.fillPlaceholders(form.GetNotice().GetEn(), en)},
	}
}

func (d *warningCase) fillPlaceholders(text, addressee string) string {
	return strings.NewReplacer(
		"{unit}", addressee, "{title}", d.GetTitle(), "{grounds}", d.GetGrounds(),
		"{office}", d.row.OfficeTitle, "{due}", d.GetRectifyBy().GetDue(),
	).Replace(text)
}
