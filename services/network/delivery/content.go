package delivery

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// deliveryID is what tells a receiver that it has had a message: the same however often it is tried.
func deliveryID(messageKey, contactKey string) string { return messageKey + "." + contactKey }

func lang(point *networkv1.ContactPoint) words.Lang {
	if point.GetLanguage() == networkv1.ContactLanguage_CONTACT_LANGUAGE_EN {
		return words.English
	}
	return words.Chinese
}

// mailOf makes a mail of a delivery: the sentence in both languages, the record and the time. It never says what the record
// says.
func mailOf(d *delivery) courier.Mail {
	languages := []words.Lang{words.Chinese, words.English}
	if lang(d.point) == words.English {
		languages = []words.Lang{words.English, words.Chinese}
	}
	row := d.row
	lines := []string{
		inbox.Text(languages[0], row.Kind, row.Args), inbox.Text(languages[1], row.Kind, row.Args), "",
		row.Resource, resource.Name(resource.Units, row.UnitID), row.CreateTime.In(calendar.Shanghai).Format("2006-01-02 15:04"),
		"",
		"清风 Qingfeng",
	}
	return courier.Mail{
		To: d.point.GetEmail(), ID: deliveryID(row.MessageKey, row.ContactKey),
		Subject: inbox.OneLine(lines[0]), Body: strings.Join(lines, "\n") + "\n",
	}
}

// callOf is a delivery as a call to a webhook.
func callOf(d *delivery) (courier.Call, error) {
	row := d.row
	body, err := protojson.Marshal(&networkv1.Message{
		Name: resource.Sharded(resource.Messages, row.Region, row.MessageKey), Unit: resource.Name(resource.Units, row.UnitID),
		Kind: row.Kind, Title: inbox.Text(lang(d.point), row.Kind, row.Args), Resource: row.Resource,
		CreateTime: timestamppb.New(row.CreateTime),
	})
	if err != nil {
		return courier.Call{}, fmt.Errorf("message for a webhook: %w", err)
	}
	return courier.Call{
		URL: d.point.GetWebhook(), Name: d.point.GetName(), ID: deliveryID(row.MessageKey, row.ContactKey),
		Body: body,
	}, nil
}

func deliveryOf(row db.Delivery) *networkv1.Delivery {
	d := &networkv1.Delivery{
		Message:      resource.Sharded(resource.Messages, row.Region, row.MessageKey),
		ContactPoint: resource.Sharded(resource.Contacts, row.ContactRegion, row.ContactKey),
		Id:           deliveryID(row.MessageKey, row.ContactKey), State: document.Enum[networkv1.DeliveryState](row.State),
		Attempts: int32(row.Attempts), Reason: row.Reason, CreateTime: timestamppb.New(row.CreateTime),
	}
	if d.GetState() == pending {
		d.NextTime = attemptTime(row, row.NextTime)
	}
	if row.FinishTime != nil {
		d.FinishTime = attemptTime(row, *row.FinishTime)
	}
	return d
}

// attemptTime is what a delivery tells of the time of an attempt: the day alone where its message tells no more, since the first
// follows at once (ADR 038).
func attemptTime(row db.Delivery, at time.Time) *timestamppb.Timestamp {
	dayOf := func(t time.Time) time.Time { return calendar.DateOf(t, calendar.Shanghai).In(calendar.Shanghai) }
	if dayOf(row.CreateTime).Equal(row.CreateTime) {
		at = dayOf(at)
	}
	return timestamppb.New(at)
}
