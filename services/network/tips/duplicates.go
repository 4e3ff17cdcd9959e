package tips

import (
	"context"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// LinkDuplicate ends a tip that says what another has said.
func (s *Server) LinkDuplicate(ctx context.Context, req *networkv1.LinkDuplicateRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "link_duplicate", func(ctx context.Context, c *lockedTip) error {
		if err := s.checkOriginal(ctx, c, req.GetOriginal()); err != nil {
			return err
		}
		c.tip.DuplicateOf, c.tip.DuplicateReason = req.GetOriginal(), req.GetReason()
		return nil
	})
}

// checkOriginal checks that a tip may become a duplicate of another: within reach, about the same unit, itself no duplicate
// and in somebody's hands. Both rows are locked, so that two tips can't become duplicates of each other.
func (s *Server) checkOriginal(ctx context.Context, c *lockedTip, name string) error {
	if name == c.tip.GetName() {
		return fault.Invalid("original", words.Itself())
	}
	original, row, err := Lock(ctx, c.tx, clock.Today(s.store.Clock), name)
	if err != nil {
		return err
	}
	region, _, err := resource.Split(name)
	if err != nil {
		return err
	}
	chained, err := db.New(c.tx).HasDuplicates(ctx, db.HasDuplicatesParams{Region: region, Original: c.tip.GetName()})
	switch {
	case err != nil:
		return err
	case original.GetContent().GetUnit() != c.tip.GetContent().GetUnit():
		return fault.Invalid("original", words.OtherUnit(words.Untitled(original.GetContent().GetUnit())))
	case original.GetState() == tipDuplicate || original.GetState() == tipReturned:
		return fault.Precondition(words.OriginalState(original.GetState().String())).OnField("original")
	case chained:
		return fault.Precondition(words.HasDuplicates()).OnField("name")
	case !access.PathWithin(row.HandlingPath, c.row.HandlingPath):
		return fault.Precondition(words.OriginalHandledElsewhere(words.Untitled(original.GetHandlingUnit()))).OnField("original")
	}
	return nil
}

// UnlinkDuplicate takes back a link.
func (s *Server) UnlinkDuplicate(
	ctx context.Context, req *networkv1.UnlinkDuplicateRequest,
) (*networkv1.Tip, error) {
	return s.act(ctx, req, "unlink_duplicate", func(ctx context.Context, c *lockedTip) error {
		c.tip.DuplicateOf, c.tip.DuplicateReason = "", ""
		uncheck(c.tip)
		handler, err := s.handlingUnit(ctx, c.tx, c.row.HandlingPath)
		if err != nil {
			return err
		}
		_, err = s.restartAcceptLimit(ctx, c.tx, c.tip, handler)
		return err
	})
}

// followedTip is the tip whose state the sender sees: the tip itself or the original of a duplicate. A return of the original
// is hidden, since it concerns another sender.
func (s *Server) followedTip(ctx context.Context, tip *networkv1.Tip) (*networkv1.Tip, error) {
	if tip.GetDuplicateOf() == "" {
		return tip, nil
	}
	region, key, err := resource.Split(tip.GetDuplicateOf())
	if err != nil {
		return nil, err
	}
	row, err := db.New(s.store).GetTip(ctx, db.GetTipParams{Region: region, TipKey: key})
	if err != nil {
		return nil, err
	}
	original, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
	if original.GetState() == tipReturned {
		original.State = tipReceived
	}
	return original, err
}

// How far duplicates are looked for. The numbers bound the work; what is a duplicate a person decides.
const (
	similarWithin     = 45 * 24 * time.Hour
	similarCandidates = 500
	similarCompared   = 600 // characters
	maxSimilar        = 20
)

// ListSimilarTips suggests duplicates.
func (s *Server) ListSimilarTips(
	ctx context.Context, req *networkv1.ListSimilarTipsRequest,
) (*networkv1.ListSimilarTipsResponse, error) {
	found, err := s.GetTip(ctx, &networkv1.GetTipRequest{Name: req.GetName()})
	if err != nil {
		return nil, err
	}
	tip, caller := found, access.PrincipalOf(ctx).Unit
	reach, err := s.tables.Unit(ctx, caller)
	if err != nil {
		return nil, err
	}
	readers, err := units.ReaderLineages(ctx, s.store, clock.Today(s.store.Clock), caller)
	if err != nil {
		return nil, err
	}
	content, receivedOn := tip.GetContent(), tip.GetReceiveTime().AsTime()
	region, key, err := resource.Split(tip.GetName())
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).SimilarTips(ctx, db.SimilarTipsParams{
		Said: firstRunes(content.GetTitle()+" "+content.GetBody(), similarCompared), Compared: similarCompared,
		Region: region, UnitID: resource.ID(content.GetUnit()), SubjectArea: content.GetSubjectArea(), Reach: access.Path(reach),
		ReceivedFrom: receivedOn.Add(-similarWithin), ReceivedUntil: receivedOn.Add(similarWithin), TipKey: key,
		Duplicate: tipDuplicate.String(), CallerUnits: readers, Candidates: similarCandidates, Most: maxSimilar,
	})
	if err != nil {
		return nil, err
	}
	list, err := document.DecodeAll(ctx, rows, func(r db.SimilarTipsRow) (*networkv1.SimilarTip, error) {
		like, err := document.Read[*networkv1.Tip](r.Body, r.Revision)
		return &networkv1.SimilarTip{Tip: like, Likeness: r.Likeness}, err
	})
	if err != nil {
		return nil, err
	}
	similar := make([]*networkv1.Tip, len(list))
	for i, like := range list {
		similar[i] = like.GetTip()
	}
	return &networkv1.ListSimilarTipsResponse{Tips: list}, s.tellRoles(ctx, s.store, similar...)
}

// firstRunes is the first characters of a text.
func firstRunes(text string, count int) string {
	runes := []rune(text)
	return string(runes[:min(count, len(runes))])
}
