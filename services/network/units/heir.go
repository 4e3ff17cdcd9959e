package units

import (
	"context"
	"strings"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Heir finds the nearest unit on a stored path, from its end upwards, that holds on a day: the unit a record is kept at, or,
// where that has ended, the one that acts for it since (C1). NOT_FOUND where none of them holds. Its ancestors have no titles.
func Heir(ctx context.Context, tx db.DBTX, path string, on calendar.Date) (*networkv1.Unit, error) {
	row, err := db.New(tx).GetHeir(ctx, db.GetHeirParams{Path: path, OnDate: on.In(time.UTC)})
	if err := document.Found(err, resource.Name(resource.Units, path[strings.LastIndex(path, ".")+1:])); err != nil {
		return nil, err
	}
	return unitOf(row), nil
}
