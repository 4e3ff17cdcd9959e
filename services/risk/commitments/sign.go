package commitments

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// SignCommitment notes that the holder of the position has signed.
func (s *Server) SignCommitment(ctx context.Context, req *riskv1.SignCommitmentRequest) (*riskv1.Commitment, error) {
	return s.commitments.Act(ctx, req, signAct, func(ctx context.Context, c *change) error {
		day, err := checkSigning(c, req, c.Record.GetSignature())
		if err != nil {
			return err
		}
		position, err := s.requireHolder(ctx, c)
		if err != nil {
			return err
		}
		if !sameHolder(c.Record, position, day) {
			return fault.Precondition(words.HolderChanged())
		}
		c.Record.Signature = signature(positions.IncumbentOn(position, day), day, req)
		if c.Record.GetCounterSignature() == nil {
			unit, err := countersigner(ctx, c)
			if err != nil {
				return err
			}
			c.Tell(unit, asksOther(c.Record))
		}
		return bind(c)
	})
}

// asksOther asks who is to sign for the other side.
func asksOther(c *riskv1.Commitment) words.Sentence {
	return words.InboxCommitmentToCountersign(c.GetUnit(), post(c), title(c), c.GetDueOn())
}

// countersigner is the unit that is asked to sign for the other side: the nearest, from the record's own up, where somebody else
// holds a position of the ranks that may; the unit above where nobody does yet.
func countersigner(ctx context.Context, c *change) (string, error) {
	content := c.Record.GetContent()
	rows, err := db.New(c).CountersigningUnits(ctx, db.CountersigningUnitsParams{
		Path: strings.Join(c.Units(), "."), Ranks: content.GetCounterpartRanks(), Position: c.Record.GetPosition(),
		Maker: content.GetMaker().GetPerson(), Day: c.Today().String(),
	})
	if err != nil || len(rows) == 0 {
		return c.UnitAbove(), err
	}
	return resource.Name(resource.Units, rows[0]), nil
}

// requireHolder requires that whoever makes the commitment still holds the position, which it gives.
func (s *Server) requireHolder(ctx context.Context, c *change) (*riskv1.Position, error) {
	position, err := s.positions.Ancestor(ctx, c.Tx, c.Record.GetPosition(), c.Units())
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	if err != nil || !sameHolder(c.Record, position.Record, c.Today()) {
		return nil, fault.Precondition(words.HolderChanged())
	}
	return position.Record, nil
}

// CountersignCommitment notes that a leader has signed for the other side.
func (s *Server) CountersignCommitment(
	ctx context.Context, req *riskv1.CountersignCommitmentRequest,
) (*riskv1.Commitment, error) {
	var leader *collection.Change[*riskv1.Position]
	who := func(ctx context.Context, c *change) (err error) {
		var faults fault.Fields
		leader, err = collection.FindAbove(ctx, s.positions, c, &faults, "position", req.GetPosition())
		positions.CheckStands(&faults, "position", leader)
		if err == nil {
			err = faults.Err()
		}
		if err != nil {
			return err
		}
		return access.RequireOwn(ctx, leader.ActingUnit())
	}
	return s.commitments.ActBy(ctx, req, countersignAct, who, func(ctx context.Context, c *change) error {
		day, err := checkSigning(c, req, c.Record.GetCounterSignature())
		if err != nil {
			return err
		}
		if _, err := s.requireHolder(ctx, c); err != nil {
			return err
		}
		signer := positions.IncumbentOn(leader.Record, day)
		if err := checkCounterpart(ctx, c, leader.Record, signer, day); err != nil {
			return err
		}
		c.Record.CounterSignature = signature(signer, day, req)
		return bind(c)
	})
}

// signing is a request of either side.
type signing interface {
	GetContentSha256() string
	GetPaperSignedOn() string
}

// checkSigning finds the day of a signature, of the content as it stands, where the side has not signed yet.
func checkSigning(c *change, req signing, given *riskv1.CommitmentSignature) (day calendar.Date, err error) {
	if given != nil {
		return day, fault.Precondition(words.SignedAlready())
	}
	if year := int(c.Record.GetContent().GetYear()); year != c.Today().Year() {
		return day, fault.Precondition(words.YearOver(strconv.Itoa(year)))
	}
	if req.GetContentSha256() != c.Record.GetContentSha256() {
		return day, fault.Precondition(words.ContentChanged()).OnField("content_sha256")
	}
	if req.GetPaperSignedOn() == "" {
		return c.Today(), nil
	}
	var faults fault.Fields
	day, ok := faults.ParsePastDay("paper_signed_on", req.GetPaperSignedOn(), c.Today())
	opened := calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai)
	if ok && day.Before(opened) {
		faults.Add("paper_signed_on", words.BeforeOpening(opened.String()))
	}
	return day, faults.Err()
}

// checkCounterpart wants another position of a rank that signs for the other side, and somebody else to hold it.
func checkCounterpart(
	ctx context.Context, c *change, leader *riskv1.Position, signer *riskv1.Incumbent, day calendar.Date,
) error {
	var faults fault.Fields
	ranks := c.Record.GetContent().GetCounterpartRanks()
	known, err := rankTitle(ctx, c, leader.GetRank())
	switch {
	case err != nil:
	case leader.GetName() == c.Record.GetPosition(), sameHolder(c.Record, leader, day) && signer.GetPerson() != "":
		faults.Add("position", words.Itself())
	case !slices.Contains(ranks, leader.GetRank()):
		faults.Add("position", words.CounterpartRank(known))
	case signer.GetPerson() == "":
		faults.Add("position", words.Vacant(day.String()))
	default:
		err = positions.CheckCharge(ctx, c, &faults, "position", leader.GetName())
	}
	if err != nil {
		return err
	}
	return faults.Err()
}

// rankTitle is what the scheme of today calls a rank.
func rankTitle(ctx context.Context, c *change, id string) (words.Title, error) {
	scheme := &riskv1.Scheme{}
	err := schemes.EffectiveFor(ctx, c, scheme)
	if err != nil && !fault.IsNotFound(err) {
		return words.Title{}, err
	}
	return schemes.TitleIn(scheme.GetRanks(), id), nil
}

func sameHolder(c *riskv1.Commitment, position *riskv1.Position, day calendar.Date) bool {
	return positions.IncumbentOn(position, day).GetPerson() == c.GetContent().GetMaker().GetPerson()
}

func signature(signer *riskv1.Incumbent, day calendar.Date, req signing) *riskv1.CommitmentSignature {
	return &riskv1.CommitmentSignature{Signer: signer, SignedOn: day.String(), OnPaper: req.GetPaperSignedOn() != ""}
}

// bind has a commitment hold once both sides have signed.
func bind(c *change) error {
	mine, theirs := c.Record.GetSignature(), c.Record.GetCounterSignature()
	if mine == nil || theirs == nil {
		return nil
	}
	c.Record.State, c.Record.SignedOn = signed, max(mine.GetSignedOn(), theirs.GetSignedOn())
	owed.Stop(c.Record)
	c.Tell(c.Record.GetUnit(), words.InboxCommitmentSigned(c.Record.GetUnit(), post(c.Record), title(c.Record)))
	return nil
}
