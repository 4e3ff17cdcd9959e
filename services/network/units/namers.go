package units

import (
	"context"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// namersOf are what names a unit that is to come, as a sentence calls it: what hangs from it, units that come of it or it of
// them, officers, reports and exceptions from them.
func namersOf(
	ctx context.Context, tx db.DBTX, id, path string, today calendar.Date, hanging ...string,
) ([]words.Title, error) {
	rows, err := db.New(tx).NamersOfUnit(ctx, id)
	if err != nil {
		return nil, err
	}
	scheme := &networkv1.Scheme{}
	err = schemes.Effective(ctx, tx, strings.Split(path, "."), today, scheme)
	if err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	var namers []words.Title
	for _, row := range rows {
		if name, isUnit := strings.CutPrefix(row.Name, resource.Units+"/"); isUnit {
			hanging = append(hanging, name)
		} else {
			namers = append(namers, namer(row, scheme))
		}
	}
	titles, err := db.New(tx).UnitTitles(ctx, db.UnitTitlesParams{UnitIds: hanging, Day: noEnd})
	for _, unit := range titles {
		namers = append(namers, words.Named(resource.Name(resource.Units, unit.UnitID), unit.Title))
	}
	return namers, err
}

// namer is how a sentence calls an officer, a report or an exception.
func namer(row db.NamersOfUnitRow, scheme *networkv1.Scheme) words.Title {
	schedule := schemes.TitleIn(scheme.GetSchedules(), row.ScheduleID)
	says := words.ReportNamed(schedule, row.Period)
	switch collection, _, _ := strings.Cut(row.Name, "/"); collection {
	case resource.Officers:
		return words.Named(row.Name, row.Title)
	case resource.ReportExceptions:
		says = words.ExceptionNamed(schedule, row.Period)
	}
	return words.Title{ID: row.Name, Zh: says.In(words.Chinese), En: says.In(words.English)}
}
