package tips

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// ConcealFromLeaders has what came about a post be about the leaders of the unit concerned where, by what was said of the unit
// since a day, it is theirs. What is open goes past the unit, which is told nothing of it and reads it no more.
func (s *Server) ConcealFromLeaders(ctx context.Context, tx *record.Tx, since, day calendar.Date) error {
	rows, err := db.New(tx).TipsNamingPosts(ctx, db.TipsNamingPostsParams{Since: since, Day: day})
	if err != nil {
		return err
	}
	also := map[string][]string{}
	for _, row := range rows {
		unit := &networkv1.Unit{
			Name: resource.Name(resource.Units, row.UnitID), Title: row.Title,
			FirstResponsible: row.FirstResponsible, LeaderInCharge: row.LeaderInCharge,
		}
		if _, known := also[row.UnitID]; !known {
			scheme, err := s.handlingScheme(ctx, tx, unit)
			if err != nil {
				return err
			}
			also[row.UnitID] = schemeNames(scheme, unit)
		}
		if !namesLeader(calledOf(unit, also[row.UnitID]...), row.Position) {
			continue
		}
		if err := s.concealFromLeaders(ctx, tx, unit, row.Region, row.TipKey); err != nil {
			return err
		}
	}
	return nil
}

// concealFromLeaders has a tip be about the leaders of a unit, and pass it by where it is open.
func (s *Server) concealFromLeaders(ctx context.Context, tx *record.Tx, unit *networkv1.Unit, region, key string) error {
	row, err := db.New(tx).LockTip(ctx, db.LockTipParams{Region: region, TipKey: key})
	if err != nil {
		return err
	}
	tip, err := document.Read[*networkv1.Tip](row.Body, row.Revision)
	if err != nil {
		return err
	}
	tip.Content.AboutLeaders = true
	c := &lockedTip{tx: tx, row: row, tip: tip, handlingPath: row.HandlingPath}
	from, err := s.handlingUnit(ctx, tx, row.HandlingPath)
	if err != nil {
		return err
	}
	if c.scheme, err = s.handlingScheme(ctx, tx, from); err != nil {
		return err
	}
	outcome, _ := schemes.Find(c.scheme.GetOutcomes(), tip.GetOutcome())
	if err := s.passBy(ctx, c, from, resource.ID(unit.GetName())); err != nil {
		return err
	}
	if err := db.New(tx).DeleteMessagesAbout(ctx, db.DeleteMessagesAboutParams{
		UnitID: resource.ID(unit.GetName()), Resource: tip.GetName(),
	}); err != nil {
		return err
	}
	return saveTip(ctx, tx, tip, row, c.handlingPath, outcome.GetUnfounded())
}

// passBy passes an open tip that lies with the unit concerned, or below it, to the nearest above that handles tips and may see
// it. Where there is none, it stays where it is, and whoever is above it reads it.
func (s *Server) passBy(ctx context.Context, c *lockedTip, from *networkv1.Unit, concernedID string) error {
	path := strings.Split(c.row.HandlingPath, ".")
	if !slices.Contains(Lifecycle.Acts(c.tip.GetState()), "refer") {
		return nil
	}
	for n := slices.Index(path, concernedID); n > 0; n-- {
		to, err := s.handlingUnit(ctx, c.tx, strings.Join(path[:n], "."))
		if err != nil {
			return err
		}
		scheme, err := s.handlingScheme(ctx, c.tx, to)
		if err != nil {
			return err
		}
		kin, err := units.LineagesOf(ctx, c.tx, c.tx.Today(), to.GetName())
		if err != nil {
			return err
		}
		if !handlesTips(scheme, to) || isConcealed(c.tip, kin[to.GetName()]) {
			continue
		}
		if c.tip.State, err = next(c.tip, "refer", c.scheme, c.tx.Now()); err != nil {
			return err
		}
		c.tip.Referrals = append(c.tip.Referrals, &networkv1.TipReferral{
			FromUnit: from.GetName(), ToUnit: to.GetName(), Recused: true, ReferTime: timestamppb.New(c.tx.Now()),
		})
		return s.handTo(ctx, c, to)
	}
	return nil
}
