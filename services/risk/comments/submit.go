package comments

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar/calendarpb"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/receipts"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// SubmitComment takes an objection of the public.
func (s *Server) SubmitComment(ctx context.Context, req *riskv1.SubmitCommentRequest) (*riskv1.SubmitCommentResponse, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.comments.Store, req, func(
		ctx context.Context, tx *record.Tx,
	) (*riskv1.SubmitCommentResponse, error) {
		about, err := s.find(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := about.checkRoom(ctx, tx); err != nil {
			return nil, err
		}
		made, receipt, err := s.add(ctx, tx, days, about, tx.Today(), false)
		return &riskv1.SubmitCommentResponse{Receipt: receipt, DueOn: made.GetDueOn()}, err
	})
}

// RegisterComment has staff enter an objection that came to them.
func (s *Server) RegisterComment(
	ctx context.Context, req *riskv1.RegisterCommentRequest,
) (*riskv1.RegisterCommentResponse, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return record.Change(ctx, s.comments.Store, req, func(
		ctx context.Context, tx *record.Tx,
	) (*riskv1.RegisterCommentResponse, error) {
		about, err := s.find(ctx, tx, req)
		if err != nil {
			return nil, err
		}
		if err := access.Require(ctx, about.UnitPath, req.GetPublication()); err != nil {
			return nil, err
		}
		var faults fault.Fields
		on, ok := faults.ParsePastDay("received_on", req.GetReceivedOn(), tx.Today())
		if from := about.Record.GetPublicFrom(); ok && on.String() < from {
			faults.Add("received_on", words.BeforePublicity(from))
		}
		if err := faults.Err(); err != nil {
			return nil, err
		}
		made, receipt, err := s.add(ctx, tx, days, about, on, true)
		return &riskv1.RegisterCommentResponse{Receipt: receipt, DueOn: made.GetDueOn(), Comment: made.GetName()}, err
	})
}

// objection is what somebody says of an entry of a publication.
type objection interface {
	GetPublication() string
	GetEntry() string
	GetText() string
}

// subject is what an objection is about.
type subject struct {
	publications.Change
	objection

	entry db.PublishedVersionRow
	rules *riskv1.ObjectionRules
}

// find finds what an objection is about, which stays public until the transaction ends.
func (s *Server) find(ctx context.Context, tx *record.Tx, said objection) (*subject, error) {
	about, err := s.publications.FindReached(ctx, tx, said.GetPublication())
	if err != nil {
		return nil, err
	}
	about.Tx = tx
	if err := publications.RequirePublic(about); err != nil {
		return nil, err
	}
	kind, err := publications.KindOf(ctx, about)
	if err != nil {
		return nil, err
	}
	if kind.GetObjections() == nil {
		return nil, fault.Precondition(words.NoObjections())
	}
	entry, err := publications.Find(ctx, about, said.GetEntry())
	if fault.IsNotFound(err) {
		return nil, fault.Invalid("entry", words.NotPublished(said.GetEntry()))
	}
	return &subject{Change: about, objection: said, entry: entry, rules: kind.GetObjections()}, err
}

// checkRoom refuses more objections of the public than the scheme lets be open: whoever sends many holds up what they can answer.
func (a *subject) checkRoom(ctx context.Context, tx *record.Tx) error {
	if err := tx.Lock(ctx, "objections to "+a.GetPublication()); err != nil {
		return err
	}
	open, err := db.New(tx).CountOpenFromPublic(ctx, a.GetPublication())
	if most := int64(a.rules.GetMaxOpen()); err == nil && open >= most {
		return fault.Precondition(words.TooManyObjections(strconv.FormatInt(most, 10)))
	}
	return err
}

// add stores an objection that came on a day, and gives its receipt. The unit that answers hears of it on the next day: a message
// at once would tell when it was sent.
func (s *Server) add(
	ctx context.Context, tx *record.Tx, days *calendar.Calendar, about *subject, on calendar.Date, registered bool,
) (*riskv1.Comment, string, error) {
	if until := about.Record.GetPublicUntil().GetDue(); until != "" && on.String() > until {
		return nil, "", fault.Precondition(words.PublicityOver(until))
	}
	limit, err := calendarpb.Due(days, on, about.rules.GetAnswer())
	if err != nil {
		return nil, "", err
	}
	answering, err := about.answering(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	receipt, hash := receipts.New(about.Region)
	made, err := s.comments.CreateIn(ctx, tx, answering, &riskv1.Comment{
		Publication: about.GetPublication(), PublicationTitle: about.Record.GetTitle(), Entry: about.GetEntry(),
		EntryVersion: about.entry.Version, EntryUnit: about.entry.Unit, Text: about.GetText(), ReceivedOn: on.String(),
		Registered: registered, DueOn: limit.GetDue(), RemindOn: tx.Today().AddDays(1).String(),
	}, func(_ context.Context, c *change) error {
		c.Beside[receiptHash] = hex.EncodeToString(hash)
		return nil
	})
	return made, receipt, err
}

// answering is the unit that answers: the one that has made it public or, where the entry is its own, the one above it. The root,
// which has none above it, answers for itself.
func (a *subject) answering(ctx context.Context, tx *record.Tx) (*networkv1.Unit, error) {
	units := a.Units()
	var entry string
	if err := tx.QueryRow(ctx, "SELECT acting_path($1::ltree)::text", a.entry.UnitPath).Scan(&entry); err != nil {
		return nil, err
	}
	if access.LastPathID(entry) == units[len(units)-1] && len(units) > 1 {
		units = units[:len(units)-1]
	}
	last := len(units) - 1
	unit := &networkv1.Unit{Name: resource.Name(resource.Units, units[last]), Region: a.Region}
	for _, id := range units[:last] {
		unit.Ancestors = append(unit.Ancestors, resource.Name(resource.Units, id))
	}
	return unit, nil
}

// FollowComment tells the holder of a receipt how the objection stands.
func (s *Server) FollowComment(ctx context.Context, req *riskv1.FollowCommentRequest) (*riskv1.FollowCommentResponse, error) {
	readings, err := receipts.Read(req.GetReceipt())
	if err != nil {
		return nil, err
	}
	hashes := make([]string, len(readings))
	for i, r := range readings {
		hashes[i] = hex.EncodeToString(r.Hash)
	}
	body, err := db.New(s.comments.Store).CommentByReceipt(ctx, hashes)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, receipts.ErrNone()
	}
	if err != nil {
		return nil, err
	}
	comment, err := document.Decode[*riskv1.Comment](body)
	return &riskv1.FollowCommentResponse{
		State: comment.GetState(), ReceivedOn: comment.GetReceivedOn(), DueOn: comment.GetDueOn(), Answer: comment.GetAnswer(),
		AnsweredOn: comment.GetAnsweredOn(), RegradedTo: comment.GetRegradedTo(),
	}, err
}
