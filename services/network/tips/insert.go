package tips

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/receipts"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// preparedTip is a tip ready to be stored, and apart from it, sealed, its source.
type preparedTip struct {
	tip            *networkv1.Tip
	region, key    string
	about, handler *networkv1.Unit
	receiptHash    []byte
	body           []byte
	source         []byte
	told           []*networkv1.Unit // if it is urgent
	router         *router
}

func (t preparedTip) entry() record.Entry {
	return record.Entry{Resource: t.tip.GetName(), UnitPath: access.Path(t.handler)}
}

// prepare completes a new tip and gives it a receipt. Its time limits count from a day.
func (r *router) prepare(
	ctx context.Context, tip *networkv1.Tip, about, handler *networkv1.Unit, source []byte, from calendar.Date,
) (t preparedTip, receipt string, err error) {
	// No tip tells more than the day it came on, not even by its place among those of that day: a time leads to who sent it.
	received := clock.StartOfDay(r.server.store.Clock)
	t = preparedTip{
		tip: tip, region: about.GetRegion(), key: resource.NewKeyOf(received), about: about, handler: handler, source: source,
		router: r,
	}
	tip.Name, tip.HandlingUnit = resource.Sharded(resource.Tips, t.region, t.key), handler.GetName()
	tip.FirstUnit = handler.GetName()
	tip.State, tip.ReceiveTime = Lifecycle.Start, timestamppb.New(received)
	scheme, err := r.tree.Scheme(ctx, handler.GetName())
	if err != nil && !fault.IsNotFound(err) {
		return t, "", err
	}
	if err := r.server.keepTellable(ctx, tip, scheme, r.day); err != nil {
		return t, "", err
	}
	if err := r.server.startAcceptLimit(ctx, tip, scheme, from); err != nil {
		return t, "", err
	}
	if t.told, err = r.server.toldOfUrgent(ctx, r.server.store, tip, handler, scheme); err != nil {
		return t, "", err
	}
	if t.body, err = document.Encode(tip); err != nil {
		return t, "", err
	}
	receipt, t.receiptHash = receipts.New(t.region)
	return t, receipt, nil
}

// insertAll stores tips and their sources, and tells of those that are urgent. The tree must be as they were routed by.
func (s *Server) insertAll(ctx context.Context, tx *record.Tx, tips []preparedTip) error {
	if err := s.requireTree(ctx, tx, tips); err != nil {
		return err
	}
	p := db.AddTipsParams{State: Lifecycle.Start.String()}
	for _, t := range tips {
		content := t.tip.GetContent()
		p.Regions, p.TipKeys = append(p.Regions, t.region), append(p.TipKeys, t.key)
		p.HandlingPaths = append(p.HandlingPaths, access.Path(t.handler))
		p.UnitIds = append(p.UnitIds, resource.ID(t.about.GetName()))
		p.UnitPaths = append(p.UnitPaths, access.Path(t.about))
		p.SubjectAreas = append(p.SubjectAreas, content.GetSubjectArea())
		p.Urgent = append(p.Urgent, content.GetUrgent())
		p.ReceiveTimes = append(p.ReceiveTimes, t.tip.GetReceiveTime().AsTime())
		p.ReceiptHashes = append(p.ReceiptHashes, t.receiptHash)
		p.Bodies, p.Sealed = append(p.Bodies, t.body), append(p.Sealed, t.source)
	}
	if err := db.New(tx).AddTips(ctx, p); err != nil {
		return err
	}
	for _, t := range tips {
		if err := s.tellUrgent(ctx, tx, t.tip, t.told); err != nil {
			return err
		}
	}
	return nil
}
