package units

import (
	"context"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Successor finds the unit that acts for a record on a day: the nearest existing unit on the stored path, from its end upwards.
// NOT_FOUND if none exists. Its ancestors have no titles.
func Successor(ctx context.Context, tx db.DBTX, path string, on calendar.Date) (*networkv1.Unit, error) {
	row, err := db.New(tx).GetSuccessor(ctx, db.GetSuccessorParams{Path: path, OnDate: on})
	if err := document.NotFoundAs(err, resource.Name(resource.Units, path[strings.LastIndex(path, ".")+1:])); err != nil {
		return nil, err
	}
	return unitOf(row), nil
}
