package training

import (
	"context"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Measure is the name of the coverage as a live figure.
const Measure = "network.training_coverage"

// GetTrainingCoverage counts how far the round of a year is.
func (s *Server) GetTrainingCoverage(
	ctx context.Context, req *networkv1.GetTrainingCoverageRequest,
) (*networkv1.GetTrainingCoverageResponse, error) {
	year, on := s.yearAndDay(req.GetYear())
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).TrainingCoverage(ctx, db.TrainingCoverageParams{
		Subtrees: subtrees, Asked: access.Path(access.Target(ctx)), Year: int16(year), OnDay: on,
		Types: document.EnumNames(req.GetOfficerTypes()), Levels: document.EnumCodes(req.GetUnitLevels()),
	})
	if err != nil {
		return nil, err
	}
	resp := &networkv1.GetTrainingCoverageResponse{
		Total: &typev1.Figure{Unit: req.GetUnit(), Measure: Measure}, CountedOn: on.String(),
	}
	for _, r := range rows {
		resp.Total.Numerator += r.Met
		resp.Total.Denominator += r.Total
		resp.Parts = append(resp.Parts, &typev1.Figure{
			Unit: resource.Name(resource.Units, r.UnitID), Measure: Measure, Numerator: r.Met, Denominator: r.Total,
		})
	}
	return resp, nil
}

// ListUntrained lists whom the round of a year has not reached.
func (s *Server) ListUntrained(ctx context.Context, req *networkv1.ListUntrainedRequest) (
	*networkv1.ListUntrainedResponse, error,
) {
	subtrees, err := access.Listed(ctx, s.directory, req.GetAlongSystemLine())
	if err != nil {
		return nil, err
	}
	year, day := s.yearAndDay(req.GetYear())
	on := day.String()
	filters := []collection.Filter{
		collection.Within(subtrees),
		collection.Where("term_from <= ? AND ended_on > ? AND term_to >= ?", on, on, on),
		collection.InEnum("type", req.GetOfficerTypes()),
		collection.Where(`NOT EXISTS (SELECT FROM attendances a WHERE a.region = officers.region AND a.officer_key = officers.key
			AND a.year = ? AND a.state = 'ATTENDANCE_STATE_ATTENDED' AND a.first_day <= ?)`, year, on),
	}
	if len(req.GetUnitLevels()) > 0 {
		filters = append(filters, collection.Where(`EXISTS (SELECT FROM units u WHERE u.unit_id = officers.unit_id
			AND u.valid_from <= ? AND ? < u.valid_to AND u.level = ANY (?::smallint[]))`,
			on, on, document.EnumCodes(req.GetUnitLevels())))
	}
	list, next, err := s.officers.List(ctx, req, filters...)
	return &networkv1.ListUntrainedResponse{Officers: list, NextPageToken: next}, err
}

// yearAndDay is the year asked about, this one where it is zero, and the day on which its officers are counted.
func (s *Server) yearAndDay(requested int32) (int, calendar.Date) {
	today := clock.Today(s.store.Clock)
	year := int(requested)
	if year == 0 {
		year = today.Year()
	}
	return year, earlierDay(calendar.NewDate(year, time.December, 31), today)
}

// earlierDay is the earlier of the last day of a period and today.
func earlierDay(last, today calendar.Date) calendar.Date {
	if today.Before(last) {
		return today
	}
	return last
}

// Coverage is the live figure of units: of the officers in office at a unit and below it on the last day of the period, or
// today, how many have attended a session in the year of that period until then.
func Coverage(ctx context.Context, book *record.Store, q figures.Query) ([]figures.Count, error) {
	on := earlierDay(q.Period.Last(), clock.Today(book.Clock))
	rows, err := db.New(book).TrainingFigures(ctx, db.TrainingFiguresParams{
		Units: q.Units, Root: q.Root, Year: int16(q.Period.Last().Year()), OnDay: on, Named: figures.MaxRecords,
	})
	return figures.Counts(rows, resource.Officers), err
}
