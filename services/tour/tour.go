// Package tour does the main job once, from the empty tree to the graded unit, all through the public API: as a first
// look for whoever starts the suite, and as the end-to-end test of every shape and transport.
package tour

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
)

// The units of the tour, from the Ma'anshan profile.
const (
	City     = demo.City
	County   = "units/340503"
	Township = "units/340503101"
)

// Caller makes a connection that calls as a principal.
type Caller func(access.Principal) grpc.ClientConnInterface

// Tour is one run of the main job. Every request carries an id made from its step, so that a tour that was cut short can
// run again from the start: what was done gives its first answer.
type Tour struct {
	// GRPC and HTTP call over the two transports; they may be the same.
	GRPC, HTTP Caller
	// Profiles is the folder that holds the profiles maanshan and c.
	Profiles string
	// Instance tells one instance's request ids from another's.
	Instance string
	Clock    clock.Clock
	// Out is told of each step.
	Out io.Writer

	step    int
	summary Summary
}

// Summary names what the tour made, for whoever checks it against the API.
type Summary struct {
	Period       string   `json:"period"`
	Units        int      `json:"units"`
	Villages     []string `json:"villages"`
	Officers     []string `json:"officers"`
	Receipts     []string `json:"-"` // a receipt is a secret; it is shown and not kept
	Tips         []string `json:"tips"`
	Report       string   `json:"report"`
	ZeroReport   string   `json:"zero_report"`
	PowerItem    string   `json:"power_item"`
	RiskPoint    string   `json:"risk_point"`
	Analysis     string   `json:"analysis"`
	Finding      string   `json:"finding"`
	Warning      string   `json:"warning"`
	WarningLevel string   `json:"warning_level"`
	Notice       string   `json:"notice"`
	Round        string   `json:"round"`
	Score        float64  `json:"score"`
	Grade        string   `json:"grade"`
	Traced       int      `json:"traced"`
}

// Run does the seven steps.
func (t *Tour) Run(ctx context.Context) (*Summary, error) {
	t.summary.Period = calendar.PeriodOf(calendar.Month, clock.Today(t.Clock)).String()
	steps := []struct {
		title string
		do    func(context.Context) error
	}{
		{"load the tree and the C profile", t.load},
		{"appoint officers by tier", t.appoint},
		{"take in tips over gRPC and HTTP", t.tips},
		{"send a township's monthly report", t.report},
		{"register a power and a risk point", t.register},
		{"analyse the month, warn and follow up", t.warn},
		{"assess the townships", t.assess},
	}
	for i, step := range steps {
		_, _ = fmt.Fprintf(t.Out, "%d/%d %s\n", i+1, len(steps), step.title)
		t.step = i + 1
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
	}
	return &t.summary, nil
}

// say tells of one thing done.
func (t *Tour) say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Out, "    ✓ "+format+"\n", args...)
}

// id is the request id of a named request of the present step.
func (t *Tour) id(name string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "qingfeng tour %s %d %s", t.Instance, t.step, name)).String()
}

// as is a role in a unit.
func as(role, unit string) access.Principal {
	return access.Principal{Subject: "accounts/" + role + "." + filepath.Base(unit), Unit: unit, Roles: []string{role}}
}

// load plants the tree and loads the schemes (C1, H2).
func (t *Tour) load(ctx context.Context) error {
	admin := t.GRPC(as(access.Administrator, City))
	err := demo.Load(ctx, admin, t.Profiles, func(done, all int) {
		t.say("%d of %d units", done, all)
		t.summary.Units = all
	})
	if err != nil {
		return err
	}
	t.say("schemes of the four services")
	return nil
}
