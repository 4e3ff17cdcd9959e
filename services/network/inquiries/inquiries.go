// Package inquiries keeps what a centre asks at a point: surveys, which the point answers, and case interviews (H4).
package inquiries

import (
	"context"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// Server serves InquiryService.
type Server struct {
	networkv1.UnsafeInquiryServiceServer

	inquiries collection.Collection[*networkv1.Inquiry]
	directory access.Directory
	calendar  calendar.Source
}

type change = collection.Change[*networkv1.Inquiry]

// pointPath is the column with the path of the point.
const pointPath = "point_path"

// New makes the server and adds the job that tells of days that near or have passed.
func New(env service.Env) *Server {
	s := &Server{directory: access.Uncached(env.Directory), calendar: env.Calendar}
	s.inquiries = collection.Collection[*networkv1.Inquiry]{
		Store: env.Store, Table: "inquiries", Life: Lifecycle, Reach: s.reachesEitherSide, Show: hideFindings, Newest: true,
		Beside: []string{pointPath},
		Acting: func(ctx context.Context, from database.Statements, path string, on calendar.Date) (*networkv1.Unit, error) {
			return units.Successor(ctx, from, path, on)
		},
	}
	env.Queue.Add(jobs.Job{Name: RemindJob, Every: remindEvery, Run: s.Remind})
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterInquiryServiceServer(r, s) }

// OpenInquiry opens an inquiry and tells the point.
func (s *Server) OpenInquiry(ctx context.Context, req *networkv1.OpenInquiryRequest) (*networkv1.Inquiry, error) {
	return s.inquiries.Create(ctx, req, req.GetInquiry(), collection.Own, func(ctx context.Context, c *change) error {
		point, err := s.checkOpening(ctx, c)
		if err != nil {
			return err
		}
		c.Beside[pointPath], c.Record.OpenTime = access.Path(point), timestamppb.New(c.Now())
		asking := access.Target(ctx).GetTitle()
		return tellPoint(ctx, c, point, words.InboxInquiry(asking, c.Record.GetTitle(), c.Record.GetDueOn()))
	})
}

// GetInquiry reads one inquiry, as much of it as is for the caller.
func (s *Server) GetInquiry(ctx context.Context, req *networkv1.GetInquiryRequest) (*networkv1.Inquiry, error) {
	return s.inquiries.Get(ctx, req.GetName())
}

// ListInquiries lists the inquiries at the points of a subtree and those that its units opened, the newest first.
func (s *Server) ListInquiries(ctx context.Context, req *networkv1.ListInquiriesRequest) (
	*networkv1.ListInquiriesResponse, error,
) {
	var faults fault.Fields
	dueBefore := faults.DayOrEmpty("due_before", req.GetDueBefore())
	if err := schemes.CheckFilter(ctx, s.inquiries.Store, &faults, "kind", "inquiryKinds", req.GetKind()); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	visible, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	list, next, err := s.inquiries.List(ctx, req, collection.Within(subtrees), collection.Under(pointPath, "unit_path"), visible,
		collection.InEnum("state", req.GetStates()), collection.WhereSet("kind = ?", req.GetKind()),
		collection.WhereSet("due_on < ? AND state <> 'INQUIRY_STATE_CLOSED'", dueBefore))
	return &networkv1.ListInquiriesResponse{Inquiries: list, NextPageToken: next}, err
}

// AnswerInquiry adds the point's answers and tells the unit that asks.
func (s *Server) AnswerInquiry(ctx context.Context, req *networkv1.AnswerInquiryRequest) (*networkv1.Inquiry, error) {
	return s.inquiries.ActBy(ctx, req, answer, isPoint, func(ctx context.Context, c *change) error {
		if err := s.checkAnswer(ctx, c, req.GetTexts()); err != nil {
			return err
		}
		point, err := pointOf(ctx, c)
		if err != nil {
			return err
		}
		c.Record.Answers = append(c.Record.Answers, &networkv1.InquiryAnswer{
			Texts: req.GetTexts(), AnswerTime: timestamppb.New(c.Now()),
		})
		return inbox.Notify(ctx, c.Tx, inbox.Message{
			Recipient: inbox.RecipientOf(c.Acting), Resource: c.Record.GetName(), For: access.LastPathID(c.UnitPath),
			Sentence: words.InboxInquiryAnswered(point.GetTitle(), c.Record.GetTitle()),
			DedupKey: strconv.Itoa(len(c.Record.GetAnswers())),
		})
	})
}

// RecordFinding adds a finding.
func (s *Server) RecordFinding(ctx context.Context, req *networkv1.RecordFindingRequest) (*networkv1.Inquiry, error) {
	return s.inquiries.Act(ctx, req, note, func(_ context.Context, c *change) error {
		finding := proto.CloneOf(req.GetFinding())
		finding.RecordTime = timestamppb.New(c.Now())
		c.Record.Findings = append(c.Record.Findings, finding)
		return checkFinding(c, finding)
	})
}

// CloseInquiry ends an inquiry and tells the point.
func (s *Server) CloseInquiry(ctx context.Context, req *networkv1.CloseInquiryRequest) (*networkv1.Inquiry, error) {
	return s.inquiries.Act(ctx, req, end, func(ctx context.Context, c *change) error {
		c.Record.Conclusion, c.Record.CloseTime = req.GetConclusion(), timestamppb.New(c.Now())
		point, err := pointOf(ctx, c)
		if err != nil {
			return err
		}
		return tellPoint(ctx, c, point, words.InboxInquiryClosed(c.Acting.GetTitle(), c.Record.GetTitle()))
	})
}

// tellPoint tells the point, or its successor, unless the inquiry is concealed from it.
func tellPoint(ctx context.Context, c *change, point *networkv1.Unit, says words.Sentence) error {
	if hears, err := hears(ctx, c, point); err != nil || !hears {
		return err
	}
	return inbox.Notify(ctx, c.Tx, inbox.Message{
		Recipient: inbox.RecipientOf(point), Sentence: says, Resource: c.Record.GetName(),
		For: access.LastPathID(c.Beside[pointPath]),
	})
}
