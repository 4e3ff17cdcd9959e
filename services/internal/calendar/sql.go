package calendar

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// ScanDate reads the date from a column of type date. A null is the zero Date.
func (d *Date) ScanDate(v pgtype.Date) error {
	if v.InfinityModifier != pgtype.Finite {
		return errors.New("an infinite date")
	}
	*d = Date{}
	if v.Valid {
		*d = DateOf(v.Time, time.UTC)
	}
	return nil
}

// DateValue is the date as a column of type date has it. The zero Date is a null.
func (d Date) DateValue() (pgtype.Date, error) {
	return pgtype.Date{Time: d.In(time.UTC), Valid: !d.IsZero()}, nil
}
