package comments

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/receipts"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// SubmitComment takes a comment of the public.
func (s *Server) SubmitComment(ctx context.Context, req *riskv1.SubmitCommentRequest) (*riskv1.SubmitCommentResponse, error) {
	take := func(ctx context.Context, tx *record.Tx, p prepared) (*riskv1.SubmitCommentResponse, error) {
		about, err := s.find(ctx, tx, req, p, requireOpen(ctx))
		if err != nil {
			return nil, err
		}
		if err := about.checkRoom(ctx, tx); err != nil {
			return nil, err
		}
		made, receipt, err := s.add(ctx, tx, p.days, about, tx.Today())
		return &riskv1.SubmitCommentResponse{Receipt: receipt, DueOn: made.GetDueOn(), Successor: p.successor()}, err
	}
	return taken(ctx, s, req, take)
}

// RegisterComment has staff enter a comment that came to them, or that stood in the media.
func (s *Server) RegisterComment(
	ctx context.Context, req *riskv1.RegisterCommentRequest,
) (*riskv1.RegisterCommentResponse, error) {
	enter := func(ctx context.Context, tx *record.Tx, p prepared) (*riskv1.RegisterCommentResponse, error) {
		about, err := s.find(ctx, tx, req, p, publications.RequireWasPublic) // a letter of these days may be entered later
		if err != nil {
			return nil, err
		}
		if err := about.requireReach(ctx); err != nil {
			return nil, err
		}
		var faults fault.Fields
		on, ok := faults.ParsePastDay("received_on", req.GetReceivedOn(), tx.Today())
		if ok && on.String() < about.publicFrom {
			faults.Add("received_on", words.BeforePublicity(about.publicFrom))
		}
		if ok && about.units != nil {
			if err := schemes.CheckInForce(ctx, tx, &faults, "received_on", about.units, on); err != nil {
				return nil, err
			}
		}
		about.checkMedium(&faults, req)
		if err := faults.Err(); err != nil {
			return nil, err
		}
		about.kept.Registered, about.kept.RegisteredBy = true, access.PrincipalOf(ctx).Unit
		about.kept.Medium, about.kept.Source = req.GetMedium(), req.GetSource()
		made, receipt, err := s.add(ctx, tx, p.days, about, on)
		return &riskv1.RegisterCommentResponse{
			Receipt: receipt, DueOn: made.GetDueOn(), Comment: made.GetName(), Successor: p.successor(),
		}, err
	}
	return taken(ctx, s, req, enter)
}

// request is one that makes a comment.
type request interface {
	record.Request
	said
}

// requireOpen requires that a publication is public. Who has no account finds those alone that anybody may read.
func requireOpen(ctx context.Context) func(publications.Change) error {
	return func(c publications.Change) error {
		if !c.Record.GetOpen() && !access.Recognized(ctx) {
			return fault.NotFound(c.Record.GetName())
		}
		return publications.RequirePublic(c)
	}
}

// prepared is what has to be asked for before a transaction begins: the calendar, and the unit that a comment is on; nil where it
// is an objection. Where that has ended, the unit is the one that acts for it.
type prepared struct {
	days  *calendar.Calendar
	unit  *networkv1.Unit
	ended bool
}

// successor is the unit that acts for the one that was named, where that has ended.
func (p prepared) successor() string {
	if !p.ended {
		return ""
	}
	return p.unit.GetName()
}

// taken runs the transaction that makes a comment. A request that comes again gets its first receipt.
func taken[Resp proto.Message](
	ctx context.Context, s *Server, req request, do func(context.Context, *record.Tx, prepared) (Resp, error),
) (Resp, error) {
	return record.Prepare(ctx, s.comments.Store, req, func(ctx context.Context) (prepared, error) {
		return s.prepare(ctx, req)
	}, func(ctx context.Context, p prepared) (Resp, error) {
		return record.Change(ctx, s.comments.Store, req, func(ctx context.Context, tx *record.Tx) (Resp, error) {
			return do(ctx, tx, p)
		})
	})
}

// requireReach requires that staff who enter a comment reach what it is about; what is public anybody may read besides.
func (a *subject) requireReach(ctx context.Context) error {
	if a.madeBy != "" && !access.Reaches(ctx, a.path) {
		return fault.Denied(words.ObjectionElsewhere(words.Untitled(a.madeBy)))
	}
	return access.Require(ctx, a.path, a.name)
}

// said is what somebody says of an entry of a publication, or of a unit.
type said interface {
	GetPublication() string
	GetEntry() string
	GetUnit() string
	GetText() string
	GetAboutLeaders() bool
}

func (s *Server) prepare(ctx context.Context, said said) (p prepared, err error) {
	if p.days, err = s.calendar(ctx); err != nil || said.GetUnit() == "" {
		return p, err
	}
	directory := access.Uncached(s.directory)
	if p.unit, err = directory.Unit(ctx, said.GetUnit()); fault.IsNotFound(err) {
		p.ended = true
		var ended *networkv1.Unit
		if ended, err = directory.Ended(ctx, said.GetUnit()); err == nil {
			p.unit, err = directory.Unit(ctx, ended.GetSuccessor())
		}
	}
	if err == nil && said.GetAboutLeaders() && p.unit.GetParent() == "" {
		err = s.refuseTopmost(ctx, p.unit)
	}
	return p, err
}

// refuseTopmost refuses a comment on the leaders of the topmost unit, which nobody here may answer, and says which body outside
// takes it, as for tips (ADR 010).
func (s *Server) refuseTopmost(ctx context.Context, topmost *networkv1.Unit) error {
	scheme, err := s.directory.Scheme(ctx, topmost.GetName())
	if err != nil {
		return err
	}
	return fault.Precondition(words.NoUnitAbove(words.Titled(topmost), bodyAbove(scheme.GetBodyAbove()))).OnField("unit")
}

// bodyAbove is what messages call the body above the topmost unit, outside of the instance.
func bodyAbove(body *typev1.Text) words.Title { return schemes.TitleOf("body_above", body) }

// add stores a comment that came on a day, and gives its receipt. The unit that answers hears of it on the next day: a message at
// once would tell when it was sent.
func (s *Server) add(
	ctx context.Context, tx *record.Tx, days *calendar.Calendar, about *subject, on calendar.Date,
) (*riskv1.Comment, string, error) {
	if until := about.publicUntil; until != "" && on.String() > until {
		return nil, "", fault.Precondition(words.PublicityOver(until))
	}
	limit, err := calendarpb.Due(days, on, about.answer)
	if err != nil {
		return nil, "", err
	}
	receipt, hash := receipts.New(about.answering.GetRegion())
	about.kept.ReceivedOn, about.kept.DueOn = on.String(), limit.GetDue()
	about.kept.RemindOn = tx.Today().AddDays(1).String()
	made, err := s.comments.CreateIn(ctx, tx, about.answering, about.kept, func(_ context.Context, c *change) error {
		c.Beside[receiptHash] = hex.EncodeToString(hash)
		return nil
	})
	return made, receipt, err
}

// FollowComment tells the holder of a receipt how the comment stands.
func (s *Server) FollowComment(ctx context.Context, req *riskv1.FollowCommentRequest) (*riskv1.FollowCommentResponse, error) {
	found, err := byReceipt(ctx, db.New(s.comments.Store), req.GetReceipt())
	if err != nil {
		return nil, err
	}
	comment, err := document.Decode[*riskv1.Comment](found.Body)
	if !found.ShowsGrade {
		comment.RegradedTo = "" // what the publication does not show is not told here
	}
	return &riskv1.FollowCommentResponse{
		State: comment.GetState(), ReceivedOn: comment.GetReceivedOn(), DueOn: comment.GetDueOn(), Answer: comment.GetAnswer(),
		AnsweredOn: comment.GetAnsweredOn(), RegradedTo: comment.GetRegradedTo(), BodyAbove: comment.GetBodyAbove(),
	}, err
}

// byReceipt is the comment that a receipt is of.
func byReceipt(ctx context.Context, q *db.Queries, receipt string) (db.CommentByReceiptRow, error) {
	readings, err := receipts.Read(receipt)
	if err != nil {
		return db.CommentByReceiptRow{}, err
	}
	hashes := make([]string, len(readings))
	for i, r := range readings {
		hashes[i] = hex.EncodeToString(r.Hash)
	}
	found, err := q.CommentByReceipt(ctx, hashes)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, receipts.ErrNone()
	}
	return found, err
}
