// Package comments takes objections to what is public of the register (J6, T4), comments on units (T20), and their answers. Who
// says something is noted nowhere.
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
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// Jobs of comments: RemindJob tells units of those that they are to answer, JudgeJob of what was upheld and is to be graded anew.
const (
	RemindJob = "risk.remind_comments"
	JudgeJob  = "risk.remind_comment_judges"
)

// receiptHash is a column beside the body, by which the holder of a receipt is answered.
const receiptHash = "receipt_hash"

// Server serves CommentService.
type Server struct {
	riskv1.UnsafeCommentServiceServer

	comments     collection.Collection[*riskv1.Comment]
	owed         owed.Kind[*riskv1.Comment]
	judging      owed.Kind[*riskv1.Comment]
	publications *collection.Collection[*riskv1.Publication]
	points       *riskpoints.Server
	directory    access.Directory
	calendar     calendar.Source
}

type change = collection.Change[*riskv1.Comment]

// New makes the server and adds the jobs that remind.
func New(env service.Env, points *riskpoints.Server) *Server {
	s := &Server{
		comments:     collected(env),
		publications: publications.Collection(env), points: points, directory: env.Directory, calendar: env.Calendar,
	}
	s.owed = owed.Kind[*riskv1.Comment]{
		Records: &s.comments, Owed: "state = 'COMMENT_STATE_RECEIVED'",
		Reminders: (*riskv1.Scheme).GetCommentReminders,
		Due:       due, Overdue: overdue, OverdueBelow: overdueBelow, OverdueSum: words.InboxCommentOverdueSum,
		Over: over, OverAbove: overAbove,
	}
	s.judging = s.regrading()
	env.Followers.Add(s.followers()...)
	env.Queue.Add(s.owed.Job(RemindJob, env.Calendar), s.judging.Job(JudgeJob, env.Calendar))
	return s
}

func collected(env service.Env) collection.Collection[*riskv1.Comment] {
	return collection.Collection[*riskv1.Comment]{
		Store: env.Store, Table: "comments", Life: Lifecycle, Beside: []string{receiptHash},
	}
}

// onUnit tells a comment on a unit from an objection.
func onUnit(c *riskv1.Comment) bool { return c.GetPublication() == "" }

// onPredecessor tells a comment on a unit that has ended, which the one that acts for it answers.
func onPredecessor(c *riskv1.Comment) bool { return onUnit(c) && c.GetAboutUnit() != c.GetUnit() }

// numberOf tells comments of one day apart in messages: the last digits of the name, which chance made.
func numberOf(c *riskv1.Comment) string { return c.GetName()[len(c.GetName())-6:] }

func due(c *riskv1.Comment) words.Sentence {
	if c.GetAboutLeaders() {
		return words.InboxCommentOnLeadersDue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	if onPredecessor(c) {
		return words.InboxCommentOnPredecessorDue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	if onUnit(c) {
		return words.InboxCommentOnUnitDue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	return words.InboxCommentDue(c.GetReceivedOn(), c.GetPublicationTitle(), c.GetEntryTitle(), numberOf(c), c.GetDueOn())
}

func overdue(c *riskv1.Comment) words.Sentence {
	if c.GetAboutLeaders() {
		return words.InboxCommentOnLeadersOverdue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	if onPredecessor(c) {
		return words.InboxCommentOnPredecessorOverdue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	if onUnit(c) {
		return words.InboxCommentOnUnitOverdue(c.GetReceivedOn(), c.GetAboutUnit(), numberOf(c), c.GetDueOn())
	}
	return words.InboxCommentOverdue(c.GetReceivedOn(), c.GetPublicationTitle(), c.GetEntryTitle(), numberOf(c), c.GetDueOn())
}

func overdueBelow(c *riskv1.Comment) words.Sentence {
	if onPredecessor(c) && !c.GetAboutLeaders() {
		return words.InboxCommentOnPredecessorOverdueBelow(c.GetUnit(), c.GetDueOn(), c.GetReceivedOn(), numberOf(c))
	}
	if onUnit(c) {
		return words.InboxCommentOnUnitOverdueBelow(c.GetUnit(), c.GetDueOn(), c.GetReceivedOn(), numberOf(c))
	}
	return words.InboxCommentOverdueBelow(
		c.GetUnit(), c.GetDueOn(), c.GetReceivedOn(), c.GetPublicationTitle(), c.GetEntryTitle(), numberOf(c))
}

func (s *Server) Register(r grpc.ServiceRegistrar) { riskv1.RegisterCommentServiceServer(r, s) }

// GetComment reads one comment.
func (s *Server) GetComment(ctx context.Context, req *riskv1.GetCommentRequest) (*riskv1.Comment, error) {
	return s.comments.Get(ctx, req.GetName())
}

// ListComments lists the comments that the units of a subtree answer.
func (s *Server) ListComments(ctx context.Context, req *riskv1.ListCommentsRequest) (*riskv1.ListCommentsResponse, error) {
	var faults fault.Fields
	if err := schemes.CheckFilter(ctx, s.comments.Store, &faults, "media", "commentMedia", req.GetMedia()...); err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	filters := []collection.Filter{
		collection.InEnum("state", req.GetStates()), collection.WhereSet("publication = ?", req.GetPublication()),
		collection.In("medium", req.GetMedia()),
		owed.JudgingOverdue(req.GetJudgingOverdue(), clock.Today(s.comments.Store.Clock)),
	}
	if req.GetToRegrade() {
		filters = append(filters, collection.Where("to_regrade"))
	}
	if req.GetOnUnits() {
		filters = append(filters, collection.Where("publication IS NULL"))
	}
	if req.GetOverdue() {
		today := clock.Today(s.comments.Store.Clock)
		filters = append(filters, collection.Where("state = ? AND due_on < ?", received.String(), today))
	}
	list, next, err := s.comments.List(ctx, req, filters...)
	return &riskv1.ListCommentsResponse{Comments: list, NextPageToken: next}, err
}

// CountComments counts by the unit that answers, sort, medium and state, and what is overdue.
func (s *Server) CountComments(ctx context.Context, _ *riskv1.CountCommentsRequest) (*riskv1.CountCommentsResponse, error) {
	rows, err := db.New(s.comments.Store).CountComments(ctx, db.CountCommentsParams{
		Subtree: access.Path(access.Target(ctx)), Today: clock.Today(s.comments.Store.Clock),
	})
	counts := make([]*riskv1.CommentCount, len(rows))
	for i, r := range rows {
		counts[i] = &riskv1.CommentCount{
			Unit: resource.Name(resource.Units, r.UnitID), Objections: r.Objections, Medium: r.Medium,
			State: riskv1.CommentState(riskv1.CommentState_value[r.State]), Count: r.N, OverdueCount: r.Overdue,
		}
	}
	return &riskv1.CountCommentsResponse{Counts: counts}, err
}
