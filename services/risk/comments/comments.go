// Package comments takes objections to what is public of the register, and their answers (J6, T4). Who objects is noted nowhere.
package comments

import (
	"context"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
)

// RemindJob is the job that tells units of objections that they are to answer.
const RemindJob = "risk.remind_comments"

// receiptHash is a column beside the body, by which the holder of a receipt is answered.
const receiptHash = "receipt_hash"

// Server serves CommentService.
type Server struct {
	riskv1.UnsafeCommentServiceServer

	comments     collection.Collection[*riskv1.Comment]
	owed         owed.Kind[*riskv1.Comment]
	publications *collection.Collection[*riskv1.Publication]
	points       *riskpoints.Server
	directory    access.Directory
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.Comment]

// New makes the server and adds the job that reminds.
func New(env service.Env, points *riskpoints.Server) *Server {
	s := &Server{
		comments: collection.Collection[*riskv1.Comment]{
			Store: env.Store, Table: "comments", Life: Lifecycle, Beside: []string{receiptHash},
		},
		publications: publications.Collection(env), points: points, directory: env.Directory, calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.Comment]{
		Records: &s.comments, Reminders: (*riskv1.Scheme).GetCommentReminders,
		Due: func(c *riskv1.Comment) words.Sentence {
			return words.InboxCommentDue(c.GetPublicationTitle(), c.GetDueOn())
		},
		Overdue: func(c *riskv1.Comment) words.Sentence {
			return words.InboxCommentOverdue(c.GetPublicationTitle(), c.GetDueOn())
		},
		OverdueBelow: func(c *riskv1.Comment) words.Sentence {
			return words.InboxCommentOverdueBelow(c.GetUnit(), c.GetPublicationTitle(), c.GetDueOn())
		},
	}
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar))
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCommentServiceServer(r, s) }

// GetComment reads one objection.
func (s *Server) GetComment(ctx context.Context, req *riskv1.GetCommentRequest) (*riskv1.Comment, error) {
	return s.comments.Get(ctx, req.GetName())
}

// ListComments lists the objections that the units of a subtree answer.
func (s *Server) ListComments(ctx context.Context, req *riskv1.ListCommentsRequest) (*riskv1.ListCommentsResponse, error) {
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.WhereSet("publication = ?", req.GetPublication()),
	}
	if req.GetOverdue() {
		today := clock.Today(s.comments.Store.Clock)
		filters = append(filters, collection.Where("state = ? AND due_on < ?", received.String(), today))
	}
	list, next, err := s.comments.List(ctx, req, filters...)
	return &riskv1.ListCommentsResponse{Comments: list, NextPageToken: next}, err
}
