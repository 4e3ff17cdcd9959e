package tips

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SubmitTip takes a tip in and gives its receipt (C8, X1).
func (s *Server) SubmitTip(ctx context.Context, req *networkv1.SubmitTipRequest) (*networkv1.SubmitTipResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.SubmitTipResponse, error) {
		about, err := access.LookUp(ctx, s.directory, "content.unit", req.GetContent().GetUnit())
		if err != nil {
			return nil, err
		}
		if err := s.checkContent(ctx, about, req.GetContent()); err != nil {
			return nil, err
		}
		handler, err := s.route(ctx, req, about)
		if err != nil {
			return nil, err
		}
		return s.take(ctx, tx, req.GetContent(), about, handler)
	})
}

// take stores a tip, its receipt's hash and, apart and sealed, its source.
func (s *Server) take(
	ctx context.Context, tx *record.Tx, content *networkv1.TipContent, about, handler *networkv1.Unit,
) (*networkv1.SubmitTipResponse, error) {
	region, key, now := about.GetRegion(), resource.NewKey(), s.book.Clock.Now()
	tip := &networkv1.Tip{
		Name: resource.Sharded(resource.Tips, region, key), Content: content, HandlingUnit: handler.GetName(),
		State: Lifecycle.Start, ReceiveTime: timestamppb.New(now),
	}
	body, err := document.Encode(tip)
	if err != nil {
		return nil, err
	}
	source, err := s.sealSource(ctx)
	if err != nil {
		return nil, err
	}
	receipt := newReceipt(region)
	_, hash, err := readReceipt(receipt)
	if err != nil {
		return nil, err
	}
	queries := db.New(tx)
	if err := queries.AddTip(ctx, db.AddTipParams{
		Region: region, TipKey: key, HandlingPath: access.Path(handler), UnitID: resource.ID(about.GetName()),
		UnitPath: access.Path(about), SubjectArea: content.GetSubjectArea(), Urgent: content.GetUrgent(),
		State: int16(tip.GetState()), ReceiveTime: now, ReceiptHash: hash, Body: body,
	}); err != nil {
		return nil, err
	}
	if err := queries.AddTipSource(ctx, db.AddTipSourceParams{Region: region, TipKey: key, Sealed: source}); err != nil {
		return nil, err
	}
	return &networkv1.SubmitTipResponse{Receipt: receipt, State: tip.GetState(), ReceiveTime: tip.GetReceiveTime()},
		tx.Record(ctx, record.Entry{Resource: tip.GetName(), UnitPath: access.Path(handler)})
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

// checkContent checks what a tip says against the scheme that holds for the unit it is about.
func (s *Server) checkContent(ctx context.Context, about *networkv1.Unit, content *networkv1.TipContent) error {
	held, err := s.directory.Scheme(ctx, about.GetName())
	if err != nil {
		return err
	}
	var faults fault.Fields
	scheme.Known(&faults, "content.subject_area", content.GetSubjectArea(), held.GetSubjectAreas())
	scheme.Known(&faults, "content.channel", content.GetChannel(), held.GetChannels())
	if content.GetOccurredOn() != "" {
		day, err := calendar.ParseDate(content.GetOccurredOn())
		switch {
		case err != nil:
			faults.Add("content.occurred_on", "string.date")
		case day.After(clock.Today(s.book.Clock)):
			faults.Add("content.occurred_on", "future")
		}
	}
	return faults.Err()
}

func checkCriteria(held *networkv1.Scheme, criteria []string) error {
	var faults fault.Fields
	for i, c := range criteria {
		scheme.Known(&faults, fmt.Sprintf("criteria[%d]", i), c, held.GetQualityCriteria())
	}
	return faults.Err()
}

func checkOutcome(held *networkv1.Scheme, outcome string) error {
	var faults fault.Fields
	scheme.Known(&faults, "outcome", outcome, held.GetOutcomes())
	return faults.Err()
}

// FollowTip tells the holder of a receipt how the tip stands (X1).
func (s *Server) FollowTip(ctx context.Context, req *networkv1.FollowTipRequest) (*networkv1.FollowTipResponse, error) {
	tip, _, err := byReceipt(ctx, s.book, req.GetReceipt())
	if err != nil {
		return nil, err
	}
	return &networkv1.FollowTipResponse{
		State: tip.GetState(), ReceiveTime: tip.GetReceiveTime(), Returns: tip.GetReturns(),
		Outcome: tip.GetOutcome(), ClosingReason: tip.GetClosingReason(),
	}, nil
}

// ResubmitTip takes a returned tip again (H8). The unit it is about stays, so that it can't change hands on the way.
func (s *Server) ResubmitTip(ctx context.Context, req *networkv1.ResubmitTipRequest) (*networkv1.ResubmitTipResponse, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ResubmitTipResponse, error) {
		found, key, err := byReceipt(ctx, tx, req.GetReceipt())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockTip(ctx, key)
		if err != nil {
			return nil, err
		}
		tip, err := tipOf(row.Body, row.Revision)
		if err != nil {
			return nil, err
		}
		if tip.State, err = Lifecycle.Next(tip.GetState(), "resubmit"); err != nil {
			return nil, err
		}
		about, err := access.LookUp(ctx, s.directory, "content.unit", found.GetContent().GetUnit())
		if err != nil {
			return nil, err
		}
		first := tip.GetContent()
		tip.Content = req.GetContent()
		tip.Content.Unit, tip.Content.Position, tip.Content.AboutLeaders = first.GetUnit(), first.GetPosition(), first.GetAboutLeaders()
		if err := s.checkContent(ctx, about, tip.GetContent()); err != nil {
			return nil, err
		}
		return &networkv1.ResubmitTipResponse{State: tip.GetState()}, saveTip(ctx, tx, tip, row.Revision, row.HandlingPath, false)
	})
}

func byReceipt(ctx context.Context, tx db.DBTX, receipt string) (*networkv1.Tip, db.LockTipParams, error) {
	region, hash, err := readReceipt(receipt)
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	row, err := db.New(tx).TipByReceipt(ctx, db.TipByReceiptParams{Region: region, ReceiptHash: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, db.LockTipParams{}, noReceipt()
	}
	if err != nil {
		return nil, db.LockTipParams{}, err
	}
	tip, err := document.Decode[*networkv1.Tip](row.Body)
	return tip, db.LockTipParams{Region: region, TipKey: row.TipKey}, err
}
