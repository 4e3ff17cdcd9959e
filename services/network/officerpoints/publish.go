package officerpoints

import (
	"context"
	"maps"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// publishSums publishes the sums of enough tips to hide each single tip. It drops the sums of officers who left or whose tips
// the scheme does not count, and keeps the rest.
func (s *Server) publishSums(ctx context.Context, tx *record.Tx, c *scoringState, month calendar.Period) error {
	if err := officers.MoveToSuccessors(ctx, tx, clock.Today(s.store.Clock)); err != nil {
		return err
	}
	published := db.AddOfficerPointsParams{}
	var entries []record.Entry
	for some := range slices.Chunk(slices.Sorted(maps.Keys(c.Sums)), batchSize) {
		rows, err := readOfficers(ctx, tx, some)
		if err != nil {
			return err
		}
		for _, name := range some {
			found := rows[name]
			weights, err := s.pointWeights(ctx, found.officer)
			if fault.IsNotFound(err) {
				continue // neither unit nor scheme says what it is worth now
			}
			if err != nil {
				return err
			}
			total := c.Sums[name]
			if weights != nil && total.judged() < weights.GetLeast() {
				continue
			}
			delete(c.Sums, name)
			if weights == nil {
				continue
			}
			body, err := document.Encode(pointsOf(name, total, month, weights))
			if err != nil {
				return err
			}
			published.AppointingIds = append(published.AppointingIds, resource.ID(found.officer.GetAppointingUnit()))
			published.Bodies = append(published.Bodies, string(body))
			entries = append(entries, record.Entry{Resource: name, UnitPath: found.UnitPath})
		}
	}
	if len(entries) == 0 {
		return nil
	}
	if err := db.New(tx).AddOfficerPoints(ctx, published); err != nil {
		return err
	}
	return tx.Record(ctx, entries...)
}

func pointsOf(officer string, total officerSum, month calendar.Period, weights *networkv1.TipPoints) *networkv1.OfficerPoints {
	return &networkv1.OfficerPoints{
		Officer: officer, FirstMonth: calendar.PeriodOf(calendar.Month, total.First).String(), LastMonth: month.String(),
		Judged: total.judged(), AcceptedAtOnce: total.AtOnce, AcceptedAfterReturn: total.AfterReturn,
		NotAccepted: total.NotAccepted, Unfounded: total.Unfounded, Points: total.points(weights),
	}
}

// officerFound is an officer with its row.
type officerFound struct {
	db.OfficersByKeyRow

	officer *networkv1.Officer
}

// readOfficers reads officers by their names.
func readOfficers(ctx context.Context, tx *record.Tx, names []string) (map[string]officerFound, error) {
	p := db.OfficersByKeyParams{}
	for _, name := range names {
		region, key, err := resource.Split(name)
		if err != nil {
			return nil, err
		}
		p.Regions, p.OfficerKeys = append(p.Regions, region), append(p.OfficerKeys, key)
	}
	rows, err := db.New(tx).OfficersByKey(ctx, p)
	if err != nil {
		return nil, err
	}
	found := make(map[string]officerFound, len(rows))
	for _, row := range rows {
		officer, err := document.Decode[*networkv1.Officer](row.Body)
		if err != nil {
			return nil, err
		}
		found[officer.GetName()] = officerFound{row, officer}
	}
	return found, nil
}

// pointWeights are those of the rule an officer in office was appointed under, in the scheme that holds for the appointing unit
// today; nil where the officer's tips are not counted, and NOT_FOUND where there is no such unit or scheme.
func (s *Server) pointWeights(ctx context.Context, officer *networkv1.Officer) (*networkv1.TipPoints, error) {
	if officer.GetState() != networkv1.OfficerState_OFFICER_STATE_IN_OFFICE {
		return nil, nil
	}
	scheme, err := s.directory.Scheme(ctx, officer.GetAppointingUnit())
	if err != nil {
		return nil, err
	}
	rule, _ := schemes.Find(scheme.GetAppointmentRules(), officer.GetAppointmentRule())
	return rule.GetTipPoints(), nil
}
