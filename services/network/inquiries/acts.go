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
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
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
func (s *Server) AnswerInquiry(ctx context.Context, req *networkv1.AnswerInquiryRequest) (*networkv1.AnswerInquiryResponse, error) {
	answer, err := actOnInquiry(ctx, s, req, "answer", func(ctx context.Context, tx *record.Tx, i *inquiry) error {
		if err := access.Own(ctx, i.point.GetName()); err != nil {
			return err
		}
		if err := s.checkAnswer(ctx, i, req.GetTexts()); err != nil {
			return err
		}
		i.Answers = append(i.Answers, &networkv1.InquiryAnswer{Texts: req.GetTexts(), AnswerTime: timestamppb.New(tx.Now())})
		return inbox.Send(ctx, tx, inbox.Message{
			To: inbox.To(i.opener), Kind: "inbox.inquiry_answered", About: i.GetName(), Once: strconv.Itoa(len(i.GetAnswers())),
		})
	})
	return &networkv1.AnswerInquiryResponse{Inquiry: answer}, err
}

func (s *Server) checkAnswer(ctx context.Context, i *inquiry, texts []string) error {
	held, err := s.directory.Scheme(ctx, i.opener.GetName())
	if err != nil {
		return err
	}
	kind, _ := scheme.Find(held.GetInquiryKinds(), i.GetKind())
	switch {
	case !kind.GetAnsweredByPoint():
		return fault.Precondition("NOT_FOR_POINT", "kind", i.GetKind())
	case len(i.GetAnswers()) >= maxAnswers:
		return fault.Precondition("TOO_MANY_ANSWERS", "limit", strconv.Itoa(maxAnswers))
	}
	return checkTexts(i.Inquiry, texts)
}

// RecordFinding adds a finding.
func (s *Server) RecordFinding(ctx context.Context, req *networkv1.RecordFindingRequest) (*networkv1.RecordFindingResponse, error) {
	found, err := actOnInquiry(ctx, s, req, "record", func(ctx context.Context, tx *record.Tx, i *inquiry) error {
		if err := access.Own(ctx, i.opener.GetName()); err != nil {
			return err
		}
		if len(i.GetFindings()) >= maxFindings {
			return fault.Precondition("TOO_MANY_FINDINGS", "limit", strconv.Itoa(maxFindings))
		}
		asked := req.GetFinding()
		i.Findings = append(i.Findings, &networkv1.InquiryFinding{
			Text: asked.GetText(), FoundBy: asked.GetFoundBy(), FoundOn: asked.GetFoundOn(), RecordTime: timestamppb.New(tx.Now()),
		})
		return s.checkFinding(asked)
	})
	return &networkv1.RecordFindingResponse{Inquiry: found}, err
}

// CloseInquiry ends an inquiry.
func (s *Server) CloseInquiry(ctx context.Context, req *networkv1.CloseInquiryRequest) (*networkv1.CloseInquiryResponse, error) {
	closed, err := actOnInquiry(ctx, s, req, "close", func(ctx context.Context, tx *record.Tx, i *inquiry) error {
		if err := access.Own(ctx, i.opener.GetName()); err != nil {
			return err
		}
		i.Conclusion, i.CloseTime = req.GetConclusion(), timestamppb.New(tx.Now())
		return nil
	})
	return &networkv1.CloseInquiryResponse{Inquiry: closed}, err
}

// inquiryRequest is a request that acts on one inquiry.
type inquiryRequest interface {
	record.Request
	GetName() string
	GetEtag() string
}

// inquiry is one that is acted on, and who acts for its two sides: they or, where they ended, those who have their records.
type inquiry struct {
	*networkv1.Inquiry

	opener, point *networkv1.Unit
}

func (s *Server) acted(ctx context.Context, tx *record.Tx, row db.LockInquiryRow) (*inquiry, error) {
	body, err := document.Decode[*networkv1.Inquiry](row.Body)
	if err != nil {
		return nil, err
	}
	today := clock.Today(s.book.Clock)
	opener, err := units.Heir(ctx, tx, row.UnitPath, today)
	if err != nil {
		return nil, err
	}
	point, err := units.Heir(ctx, tx, row.PointPath, today)
	return &inquiry{Inquiry: body, opener: opener, point: point}, err
}

// actOnInquiry does to an inquiry what is asked: locked, within reach, as last read, and allowed by its state. It returns what
// of it is for the caller.
func actOnInquiry(
	ctx context.Context, s *Server, req inquiryRequest, act string, edit func(context.Context, *record.Tx, *inquiry) error,
) (*networkv1.Inquiry, error) {
	return record.Change(ctx, s.book, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Inquiry, error) {
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
		inquiry, err := s.acted(ctx, tx, row)
		if err != nil {
			return nil, err
		}
		if inquiry.State, err = Lifecycle.Next(inquiry.GetState(), act); err != nil {
			return nil, err
		}
		if err := edit(ctx, tx, inquiry); err != nil {
			return nil, err
		}
		inquiry.Etag = document.Etag(row.Revision + 1)
		body, err := document.Encode(inquiry.Inquiry)
		if err != nil {
			return nil, err
		}
		if err := db.New(tx).SaveInquiry(ctx, db.SaveInquiryParams{
			Region: region, InquiryKey: key, State: int16(inquiry.GetState()), Body: body,
		}); err != nil {
			return nil, err
		}
		return forCaller(ctx, inquiry.Inquiry, row.UnitPath), tx.Record(ctx, record.Entry{Resource: inquiry.GetName(), UnitPath: row.UnitPath})
	})
}
