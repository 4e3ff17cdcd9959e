package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
)

type calendarCmd struct {
	Workdays calendarWorkdaysCmd `cmd:"" help:"Print date,workday (1 or 0) for each day of a span; needs no running instance."`
	Import   calendarImportCmd   `cmd:"" help:"Import the days of a further year into a running instance."`
}

type calendarWorkdaysCmd struct {
	From     string `help:"First day, such as 2026-10-01." required:""`
	To       string `help:"Last day." required:""`
	Holidays string `help:"CSV with date,kind,name whose years take the place of the built-in ones." type:"existingfile"`
}

// Run prints the days, and on standard error which of them are only assumed.
func (c calendarWorkdaysCmd) Run() error {
	from, err := calendar.ParseDate(c.From)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	to, err := calendar.ParseDate(c.To)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	if to.Before(from) {
		return fmt.Errorf("--to %s is before --from %s", to, from)
	}
	held := calendar.BuiltIn()
	if c.Holidays != "" {
		if held, err = mergeFile(held, c.Holidays); err != nil {
			return err
		}
	}
	return workdays(os.Stdout, os.Stderr, held, from, to)
}

const assumedNote = "%d年放假安排未知，按周一至周五推定 / no holiday notice for %d: Monday to Friday assumed\n"

// workdays writes a line for each day, and to notes a line for each year that is only assumed.
func workdays(out, notes io.Writer, held *calendar.Calendar, from, to calendar.Date) error {
	lines := bufio.NewWriter(out)
	assumed := 0
	for day := from; !day.After(to); day = day.AddDays(1) {
		works, known := held.IsWorkday(day)
		if !known && day.Year() != assumed {
			assumed = day.Year()
			if _, err := fmt.Fprintf(notes, assumedNote, assumed, assumed); err != nil {
				return err
			}
		}
		workday := 0
		if works {
			workday = 1
		}
		if _, err := fmt.Fprintf(lines, "%s,%d\n", day, workday); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// mergeFile is a calendar with the years that a file knows.
func mergeFile(workdays *calendar.Calendar, file string) (*calendar.Calendar, error) {
	read, err := readHolidays(file)
	if err != nil {
		return nil, err
	}
	for _, year := range read.Years() {
		workdays = workdays.With(year, read.ListedDays(year))
	}
	return workdays, nil
}

func readHolidays(file string) (*calendar.Calendar, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	read, err := calendar.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(read.Years()) == 0 {
		return nil, fmt.Errorf("%s: no year has its 1 January in it", file)
	}
	return read, nil
}

type calendarImportCmd struct {
	remote

	File   string `arg:"" help:"CSV with date,kind,name; kind is off or work. Each year with a 1 January in it is imported." type:"existingfile"`
	Source string `help:"Where the days come from, such as the number of the notice." required:""`
}

// Run imports each year of the file that is not as it was imported last, and says what it did.
func (c calendarImportCmd) Run(ctx context.Context) error {
	read, err := readHolidays(c.File)
	if err != nil {
		return err
	}
	conn, err := c.dial()
	if err != nil {
		return err
	}
	if err := importYears(ctx, os.Stdout, networkv1.NewCalendarServiceClient(conn), read, c.Source); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return nil
}

func importYears(
	ctx context.Context, out io.Writer, client networkv1.CalendarServiceClient, read *calendar.Calendar, source string,
) error {
	imported, err := importedYears(ctx, client)
	if err != nil {
		return err
	}
	for _, year := range read.Years() {
		asked := &networkv1.CalendarYear{Year: int32(year), Source: source, Days: days(read.ListedDays(year))}
		last, did := imported[asked.GetYear()], "unchanged"
		if last.GetSource() != asked.GetSource() || !slices.EqualFunc(last.GetDays(), asked.GetDays(), sameDay) {
			req := &networkv1.ImportYearRequest{Year: asked, RequestId: uuid.NewString()}
			if last, err = client.ImportYear(ctx, req); err != nil {
				return fmt.Errorf("import %d: %w", year, err)
			}
			did = "created"
		}
		_, err := fmt.Fprintf(out, "%d: version %d, %d days, %s\n", year, last.GetVersion(), len(last.GetDays()), did)
		if err != nil {
			return err
		}
	}
	return nil
}

// importedYears are the last versions of the years that an instance was given.
func importedYears(ctx context.Context, client networkv1.CalendarServiceClient) (map[int32]*networkv1.CalendarYear, error) {
	last, req := map[int32]*networkv1.CalendarYear{}, &networkv1.ListYearsRequest{}
	for {
		resp, err := client.ListYears(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("list imported years: %w", err)
		}
		for _, year := range resp.GetYears() {
			if last[year.GetYear()] == nil { // the newest version of each year comes first
				last[year.GetYear()] = year
			}
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			return last, nil
		}
	}
}

func sameDay(a, b *networkv1.CalendarDay) bool { return proto.Equal(a, b) }

func days(listed []calendar.Day) []*networkv1.CalendarDay {
	list := make([]*networkv1.CalendarDay, len(listed))
	for i, day := range listed {
		kind := networkv1.DayKind_DAY_KIND_OFF
		if day.Work {
			kind = networkv1.DayKind_DAY_KIND_WORK
		}
		list[i] = &networkv1.CalendarDay{Date: day.Date.String(), Kind: kind, Name: day.Name}
	}
	return list
}
