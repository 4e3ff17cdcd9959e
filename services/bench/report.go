package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Report is the outcome of a run, as Markdown.
type Report struct {
	rows []Figure
	head string
}

// NewReport notes what the run takes place on.
func (l *Lab) NewReport(ctx context.Context, date time.Time) (*Report, error) {
	conn, err := pgx.Connect(ctx, l.database.URL())
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is lost
	var version, fsync, commit string
	err = conn.QueryRow(ctx,
		"SELECT current_setting('server_version'), current_setting('fsync'), current_setting('synchronous_commit')").
		Scan(&version, &fsync, &commit)
	size := "small (`make bench`)"
	if l.Full {
		size = "full (`make bench FULL=1`)"
	}
	head := fmt.Sprintf("%s; sizes: %s. %d × %s, %s; PostgreSQL %s, fsync %s, synchronous_commit %s; %s.\n",
		date.Format(time.DateOnly), size, runtime.NumCPU(), processor(), kernel(), version, fsync, commit, runtime.Version())
	return &Report{head: head}, err
}

// Add adds figures.
func (r *Report) Add(figures ...Figure) { r.rows = append(r.rows, figures...) }

// Missed are the figures below their bar.
func (r *Report) Missed() (missed []string) {
	for _, f := range r.rows {
		if !f.Bar.Met(f.Value) {
			missed = append(missed, fmt.Sprintf("%s: %.2f", f.What, f.Value))
		}
	}
	return missed
}

// String is the table.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n| what | suite | beside it | figure | bar | met |\n|---|---|---|---|---|---|\n", r.head)
	for _, f := range r.rows {
		bar, met := "–", "–"
		switch {
		case f.Bar.AtLeast > 0:
			bar = fmt.Sprintf("≥ %g", f.Bar.AtLeast)
		case f.Bar.AtMost > 0:
			bar = fmt.Sprintf("≤ %g", f.Bar.AtMost)
		}
		if bar != "–" {
			met = map[bool]string{true: "yes", false: "**no**"}[f.Bar.Met(f.Value)]
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.2f | %s | %s |\n", f.What, f.Suite, f.Beside, f.Value, bar, met)
	}
	b.WriteString("\nNotes; times by program are of the processors, a call:\n\n")
	for _, f := range r.rows {
		if f.Note != "" {
			fmt.Fprintf(&b, "- %s. %s\n", f.What, f.Note)
		}
	}
	return b.String()
}

// begin is the line of the document after which the table stands.
const begin = "<!-- From here on written by make bench. -->\n"

// Write puts the table into a document, in place of the last one.
func (r *Report) Write(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, _, found := strings.Cut(string(text), begin)
	if !found {
		return fmt.Errorf("%s has no line %q", file, strings.TrimSpace(begin))
	}
	return os.WriteFile(file, []byte(head+begin+"\n"+r.String()), 0o644)
}

// processor is the model of the machine's processor.
func processor() string { return after("/proc/cpuinfo", "model name") }

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return runtime.GOOS
	}
	return "Linux " + strings.TrimSpace(string(text))
}

func after(file, key string) string {
	text, err := os.ReadFile(file)
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}
