package tips

import (
	"context"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// taken is a tip ready to be stored, and apart from it, sealed, its source.
type taken struct {
	tip            *networkv1.Tip
	region, key    string
	about, handler *networkv1.Unit
	receiptHash    []byte
	body           []byte
	source         []byte
}

// submission is a taken tip on its way into the group that stores it.
type submission = record.Part[taken, *networkv1.SubmitTipResponse]

// take makes a tip of what was said, gives it a receipt and seals its source.
func (s *Server) take(ctx context.Context, content *networkv1.TipContent, about, handler *networkv1.Unit) (submission, error) {
	t := taken{region: about.GetRegion(), key: resource.NewKey(), about: about, handler: handler}
	t.tip = &networkv1.Tip{
		Name: resource.Sharded(resource.Tips, t.region, t.key), Content: content, HandlingUnit: handler.GetName(),
		State: Lifecycle.Start, ReceiveTime: timestamppb.New(s.book.Clock.Now()),
	}
	var err error
	if t.body, err = document.Encode(t.tip); err != nil {
		return submission{}, err
	}
	if t.source, err = s.sealSource(ctx); err != nil {
		return submission{}, err
	}
	receipt := newReceipt(t.region)
	if _, t.receiptHash, err = readReceipt(receipt); err != nil {
		return submission{}, err
	}
	return submission{
		Row:     t,
		Entries: []record.Entry{{Resource: t.tip.GetName(), UnitPath: access.Path(handler)}},
		Answer:  &networkv1.SubmitTipResponse{Receipt: receipt, State: t.tip.GetState(), ReceiveTime: t.tip.GetReceiveTime()},
	}, nil
}

func (s *Server) sealSource(ctx context.Context) ([]byte, error) {
	who := access.From(ctx)
	plain, err := protojson.Marshal(&structpb.Struct{Fields: map[string]*structpb.Value{
		"subject": structpb.NewStringValue(who.Subject), "unit": structpb.NewStringValue(who.Unit),
	}})
	if err != nil {
		return nil, err
	}
	return s.sealer.Seal(plain)
}

// store stores tips and their sources.
func store(ctx context.Context, tx *record.Tx, tips []taken) error {
	p := db.AddTipsParams{State: int16(Lifecycle.Start)}
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
	return db.New(tx).AddTips(ctx, p)
}
