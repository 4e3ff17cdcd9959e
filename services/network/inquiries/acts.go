package inquiries

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// What one inquiry holds at most; the protos promise it.
const (
	maxAnswers  = 20
	maxFindings = 200
)

// AnswerInquiry adds the point's answers and tells the unit that asks.
func (s *Server) AnswerInquiry(ctx context.Context, req *networkv1.AnswerInquiryRequest) (*networkv1.Inquiry, error) {
	return record.Act(ctx, s.store, req, s.lock("answer"), func(ctx context.Context, c *lockedInquiry) (*networkv1.Inquiry, error) {
		if err := access.RequireOwn(ctx, c.point.GetName()); err != nil {
			return nil, err
		}
		if err := s.checkAnswer(ctx, c, req.GetTexts()); err != nil {
			return nil, err
		}
		c.Answers = append(c.Answers, &networkv1.InquiryAnswer{Texts: req.GetTexts(), AnswerTime: timestamppb.New(c.tx.Now())})
		return c.visibleToCaller(ctx), inbox.Notify(ctx, c.tx, inbox.Message{
			Recipient: inbox.RecipientOf(
				c.openingUnit,
			),
			Kind:     "inbox.inquiry_answered",
			Resource: c.GetName(),
			DedupKey: strconv.Itoa(len(c.GetAnswers())),
		})
	})
}

func (s *Server) checkAnswer(ctx context.Context, c *lockedInquiry, texts []string) error {
	scheme, err := s.directory.Scheme(ctx, c.openingUnit.GetName())
	if err != nil {
		return err
	}
	kind, _ := schemes.Find(scheme.GetInquiryKinds(), c.GetKind())
	switch {
	case !kind.GetAnsweredByPoint():
		return fault.Precondition("NOT_FOR_POINT", schemes.TitleArgs("kind", c.GetKind(), kind.GetTitle())...)
	case len(c.GetAnswers()) >= maxAnswers:
		return fault.Precondition("TOO_MANY_ANSWERS", "limit", strconv.Itoa(maxAnswers))
	}
	return checkTexts(c.Inquiry, texts)
}

// RecordFinding adds a finding.
func (s *Server) RecordFinding(ctx context.Context, req *networkv1.RecordFindingRequest) (*networkv1.Inquiry, error) {
	return record.Act(ctx, s.store, req, s.lock("record"), func(ctx context.Context, c *lockedInquiry) (*networkv1.Inquiry, error) {
		if err := access.RequireOwn(ctx, c.openingUnit.GetName()); err != nil {
			return nil, err
		}
		if len(c.GetFindings()) >= maxFindings {
			return nil, fault.Precondition("TOO_MANY_FINDINGS", "limit", strconv.Itoa(maxFindings))
		}
		requested := req.GetFinding()
		c.Findings = append(c.Findings, &networkv1.InquiryFinding{
			Text:       requested.GetText(),
			FoundBy:    requested.GetFoundBy(),
			FoundOn:    requested.GetFoundOn(),
			RecordTime: timestamppb.New(c.tx.Now()),
		})
		return c.visibleToCaller(ctx), s.checkFinding(requested)
	})
}

// CloseInquiry ends an inquiry.
func (s *Server) CloseInquiry(ctx context.Context, req *networkv1.CloseInquiryRequest) (*networkv1.Inquiry, error) {
	return record.Act(ctx, s.store, req, s.lock("close"), func(ctx context.Context, c *lockedInquiry) (*networkv1.Inquiry, error) {
		if err := access.RequireOwn(ctx, c.openingUnit.GetName()); err != nil {
			return nil, err
		}
		c.Conclusion, c.CloseTime = req.GetConclusion(), timestamppb.New(c.tx.Now())
		return c.visibleToCaller(ctx), nil
	})
}

// lockedInquiry is an inquiry read for an act. openingUnit and point are the units that act for its two sides today: the units
// themselves or their successors.
type lockedInquiry struct {
	*networkv1.Inquiry

	tx                 *record.Tx
	row                db.LockInquiryRow
	openingUnit, point *networkv1.Unit
}

// lock reads an inquiry for an act of either side.
func (s *Server) lock(act lifecycle.Act) record.LockFunc[*lockedInquiry] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*lockedInquiry, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockInquiry(ctx, db.LockInquiryParams{Region: region, InquiryKey: key})
		if err := authorize(ctx, err, row.UnitPath, row.PointPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		c := &lockedInquiry{tx: tx, row: row}
		if c.Inquiry, err = document.Read[*networkv1.Inquiry](row.Body, row.Revision); err != nil {
			return nil, err
		}
		today := clock.Today(s.store.Clock)
		if c.openingUnit, err = units.Successor(ctx, tx, row.UnitPath, today); err != nil {
			return nil, err
		}
		if c.point, err = units.Successor(ctx, tx, row.PointPath, today); err != nil {
			return nil, err
		}
		c.State, err = Lifecycle.Next(c.GetState(), act)
		return c, err
	}
}

// visibleToCaller is what of the inquiry is for the caller, as it will be once it is saved.
func (c *lockedInquiry) visibleToCaller(ctx context.Context) *networkv1.Inquiry {
	part := visiblePart(ctx, c.Inquiry, c.row.UnitPath)
	part.Etag = document.Etag(c.row.Revision + 1)
	return part
}

// Save stores the inquiry and records the change.
func (c *lockedInquiry) Save(ctx context.Context) error {
	region, key, err := resource.Split(c.GetName())
	if err != nil {
		return err
	}
	body, err := document.EncodeRevision(c.Inquiry, c.row.Revision)
	if err != nil {
		return err
	}
	if err := db.New(c.tx).SaveInquiry(ctx, db.SaveInquiryParams{
		Region: region, InquiryKey: key, State: int16(c.GetState()), Body: body,
	}); err != nil {
		return err
	}
	return c.tx.Record(ctx, record.Entry{Resource: c.GetName(), UnitPath: c.row.UnitPath})
}
