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
	return record.Act(ctx, s.book, req, s.lock("answer"), func(ctx context.Context, c *change) (*networkv1.Inquiry, error) {
		if err := access.Own(ctx, c.point.GetName()); err != nil {
			return nil, err
		}
		if err := s.checkAnswer(ctx, c, req.GetTexts()); err != nil {
			return nil, err
		}
		c.Answers = append(c.Answers, &networkv1.InquiryAnswer{Texts: req.GetTexts(), AnswerTime: timestamppb.New(c.tx.Now())})
		return c.forCaller(ctx), inbox.Send(ctx, c.tx, inbox.Message{
			To: inbox.To(c.opener), Kind: "inbox.inquiry_answered", About: c.GetName(), Once: strconv.Itoa(len(c.GetAnswers())),
		})
	})
}

func (s *Server) checkAnswer(ctx context.Context, c *change, texts []string) error {
	held, err := s.directory.Scheme(ctx, c.opener.GetName())
	if err != nil {
		return err
	}
	kind, _ := schemes.Find(held.GetInquiryKinds(), c.GetKind())
	switch {
	case !kind.GetAnsweredByPoint():
		return fault.Precondition("NOT_FOR_POINT", schemes.Titled("kind", c.GetKind(), kind.GetTitle())...)
	case len(c.GetAnswers()) >= maxAnswers:
		return fault.Precondition("TOO_MANY_ANSWERS", "limit", strconv.Itoa(maxAnswers))
	}
	return checkTexts(c.Inquiry, texts)
}

// RecordFinding adds a finding.
func (s *Server) RecordFinding(ctx context.Context, req *networkv1.RecordFindingRequest) (*networkv1.Inquiry, error) {
	return record.Act(ctx, s.book, req, s.lock("record"), func(ctx context.Context, c *change) (*networkv1.Inquiry, error) {
		if err := access.Own(ctx, c.opener.GetName()); err != nil {
			return nil, err
		}
		if len(c.GetFindings()) >= maxFindings {
			return nil, fault.Precondition("TOO_MANY_FINDINGS", "limit", strconv.Itoa(maxFindings))
		}
		asked := req.GetFinding()
		c.Findings = append(c.Findings, &networkv1.InquiryFinding{
			Text: asked.GetText(), FoundBy: asked.GetFoundBy(), FoundOn: asked.GetFoundOn(), RecordTime: timestamppb.New(c.tx.Now()),
		})
		return c.forCaller(ctx), s.checkFinding(asked)
	})
}

// CloseInquiry ends an inquiry.
func (s *Server) CloseInquiry(ctx context.Context, req *networkv1.CloseInquiryRequest) (*networkv1.Inquiry, error) {
	return record.Act(ctx, s.book, req, s.lock("close"), func(ctx context.Context, c *change) (*networkv1.Inquiry, error) {
		if err := access.Own(ctx, c.opener.GetName()); err != nil {
			return nil, err
		}
		c.Conclusion, c.CloseTime = req.GetConclusion(), timestamppb.New(c.tx.Now())
		return c.forCaller(ctx), nil
	})
}

// change is an inquiry being changed, and who acts for its two sides: they or, where they ended, those who have their records.
type change struct {
	*networkv1.Inquiry

	tx            *record.Tx
	row           db.LockInquiryRow
	opener, point *networkv1.Unit
}

// lock takes an inquiry for an act of either side.
func (s *Server) lock(act lifecycle.Act) record.Lock[*change] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*change, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockInquiry(ctx, db.LockInquiryParams{Region: region, InquiryKey: key})
		if err := admit(ctx, err, row.UnitPath, row.PointPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := document.Match(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		c := &change{tx: tx, row: row}
		if c.Inquiry, err = document.Read[*networkv1.Inquiry](row.Body, row.Revision); err != nil {
			return nil, err
		}
		today := clock.Today(s.book.Clock)
		if c.opener, err = units.Heir(ctx, tx, row.UnitPath, today); err != nil {
			return nil, err
		}
		if c.point, err = units.Heir(ctx, tx, row.PointPath, today); err != nil {
			return nil, err
		}
		c.State, err = Lifecycle.Next(c.GetState(), act)
		return c, err
	}
}

// forCaller is what of the inquiry is for the caller, as it will be once it is saved.
func (c *change) forCaller(ctx context.Context) *networkv1.Inquiry {
	part := forCaller(ctx, c.Inquiry, c.row.UnitPath)
	part.Etag = document.Etag(c.row.Revision + 1)
	return part
}

// Save stores the inquiry and records the change.
func (c *change) Save(ctx context.Context) error {
	region, key, err := resource.Split(c.GetName())
	if err != nil {
		return err
	}
	body, err := document.Revise(c.Inquiry, c.row.Revision)
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
