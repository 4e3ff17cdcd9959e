package tips

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// SubmitTip takes a tip in and gives its receipt (C8, X1). Tips that come in at the same time are stored together.
func (s *Server) SubmitTip(ctx context.Context, req *networkv1.SubmitTipRequest) (*networkv1.SubmitTipResponse, error) {
	return record.Join(ctx, s.intake, req, func(ctx context.Context) (submission, error) {
		about, err := access.LookUp(ctx, s.directory, "content.unit", req.GetContent().GetUnit())
		if err != nil {
			return submission{}, err
		}
		if err := s.checkContent(ctx, about, req.GetContent()); err != nil {
			return submission{}, err
		}
		handler, err := s.route(ctx, req, about)
		if err != nil {
			return submission{}, err
		}
		return s.take(ctx, req.GetContent(), about, handler)
	})
}

// route finds the unit that handles a tip: the recipient, or the one above the unit concerned. Where the leaders of the
// unit concerned are meant, or the sender serves there, that unit is skipped: nobody handles a report about themselves.
func (s *Server) route(ctx context.Context, req *networkv1.SubmitTipRequest, about *networkv1.Unit) (*networkv1.Unit, error) {
	above := append(slices.Clone(about.GetAncestors()), about.GetName())
	recipient := req.GetRecipient()
	if recipient != "" && !slices.Contains(above, recipient) {
		return nil, fault.Invalid("recipient", "not_above", "unit", about.GetName())
	}
	skip := req.GetContent().GetAboutLeaders() || access.From(ctx).Unit == about.GetName()
	if recipient == "" || recipient == about.GetName() && skip {
		recipient = about.GetParent()
	}
	if recipient == "" && !skip {
		recipient = about.GetName() // the root handles what is about its own remit, though not about its leaders
	}
	if recipient == "" {
		return nil, fault.Precondition("NO_UNIT_ABOVE", "unit", about.GetName()).At("content.unit")
	}
	return access.LookUp(ctx, s.directory, "recipient", recipient)
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
