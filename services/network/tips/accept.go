package tips

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// AcceptTip finds a tip good enough, gives it its quality points and starts the time limit for closing it (H8).
func (s *Server) AcceptTip(ctx context.Context, req *networkv1.AcceptTipRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "accept", func(ctx context.Context, c *lockedTip) error {
		if err := checkTicks(c.scheme, req.GetCriteriaMet(), req.GetCriteriaMissed()); err != nil {
			return err
		}
		if err := checkOriginals(ctx, c); err != nil {
			return err
		}
		c.tip.CriteriaMet, c.tip.CriteriaMissed = req.GetCriteriaMet(), req.GetCriteriaMissed()
		c.tip.Quality = qualityPoints(c.scheme, len(c.tip.GetReturns()))
		return s.startCloseLimit(ctx, c)
	})
}

// checkTicks checks that each criterion of a scheme is said to be met or missed, and only once.
func checkTicks(scheme *networkv1.Scheme, met, missed []string) error {
	var faults fault.Fields
	schemes.CheckAllKnown(&faults, "criteria_met", met, scheme.GetQualityCriteria())
	schemes.CheckAllKnown(&faults, "criteria_missed", missed, scheme.GetQualityCriteria())
	for i, id := range missed {
		if slices.Contains(met, id) {
			faults.Add(fmt.Sprintf("criteria_missed[%d]", i), words.Duplicate(id))
		}
	}
	for _, criterion := range scheme.GetQualityCriteria() {
		if id := criterion.GetId(); !slices.Contains(met, id) && !slices.Contains(missed, id) {
			faults.Add("criteria_met", words.Unticked(schemes.TitleOf(id, criterion.GetTitle())))
		}
	}
	return faults.Err()
}

// uncheck takes back what the quality check of a tip said: another will check it anew.
func uncheck(tip *networkv1.Tip) { tip.CriteriaMet, tip.CriteriaMissed, tip.Quality = nil, nil, nil }

// qualityPoints are what a tip earns that is accepted after some returns; none where the scheme gives none.
func qualityPoints(scheme *networkv1.Scheme, returns int) *int32 {
	list := scheme.GetQualityPoints()
	if len(list) == 0 {
		return nil
	}
	return proto.Int32(list[min(returns, len(list)-1)])
}

// checkOriginals holds back what staff entered from a channel whose original must be kept, while none is attached.
func checkOriginals(ctx context.Context, c *lockedTip) error {
	rule, _ := schemes.Find(c.scheme.GetChannelRules(), c.tip.GetContent().GetChannel())
	if c.tip.GetRegistration() == nil || !rule.GetOriginalRequired() {
		return nil
	}
	attached, err := attachments.Has(ctx, c.tx, c.tip.GetName())
	if err == nil && !attached {
		return fault.Precondition(words.OriginalMissing(schemes.TitleIn(c.scheme.GetChannels(), rule.GetId())))
	}
	return err
}
