package publications

import (
	"context"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// DiffPublication compares a publication with another one of its kind and unit, or with the register on a day (T12).
func (s *Server) DiffPublication(
	ctx context.Context, req *riskv1.DiffPublicationRequest,
) (*riskv1.DiffPublicationResponse, error) {
	before, err := s.publications.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, struct{ Region, Key string }{})
	if err != nil {
		return nil, err
	}
	shown := before.Record
	if holdsText(shown.GetRegister()) {
		return nil, fault.Invalid("name", words.HoldsText())
	}
	asked := db.DiffEntriesParams{
		Collection: registers[shown.GetRegister()].collection, Region: before.Region, Key: before.Key, Subtree: before.UnitPath,
		LastRegion: p.Cursor.Region, LastKey: p.Cursor.Key, PageSize: p.Limit,
	}
	if req.GetAfterPublication() != "" {
		after, err := s.comparable(ctx, before, req.GetAfterPublication())
		if err != nil {
			return nil, err
		}
		asked.AfterRegion, asked.AfterKey, shown = after.Region, after.Key, after.Record
	} else {
		// What is in force was not made public.
		if err := access.Require(ctx, before.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		var faults fault.Fields
		asked.AfterDay, _ = faults.ParsePastDay("after_day", req.GetAfterDay(), clock.Today(s.publications.Store.Clock))
		if err := faults.Err(); err != nil {
			return nil, err
		}
	}
	asked.ShowsControls, asked.ShowsOwner = shown.GetShowsControls(), showsOwner(shown)
	asked.Fields = registers[shown.GetRegister()].jsonNames(shown.GetFields())
	rows, err := db.New(s.publications.Store).DiffEntries(ctx, asked)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows,
		func(r db.DiffEntriesRow) struct{ Region, Key string } {
			return struct{ Region, Key string }{r.OfRegion, r.OfKey}
		},
		func(r db.DiffEntriesRow) (*riskv1.PublicationChange, error) {
			return showChange(before.Record, shown, r)
		})
	return &riskv1.DiffPublicationResponse{Changes: list, NextPageToken: next}, err
}

// comparable finds a publication that another one can be compared with: one of the same kind and unit.
func (s *Server) comparable(ctx context.Context, with *change, name string) (*change, error) {
	found, err := s.publications.Look(ctx, name)
	switch {
	case fault.IsNotFound(err):
		return nil, fault.Invalid("after_publication", words.NotFound(name))
	case err != nil:
		return nil, err
	case found.Record.GetKind() != with.Record.GetKind() || found.Record.GetUnit() != with.Record.GetUnit() ||
		found.Record.GetRegister() != with.Record.GetRegister():
		return nil, fault.Invalid("after_publication", words.NotComparable())
	}
	return found, nil
}

// controlsField is what a change of controls is called among the fields of an entry.
const controlsField = "controls"

// showChange is what differs in one entry, as each side shows it.
func showChange(before, after *riskv1.Publication, r db.DiffEntriesRow) (*riskv1.PublicationChange, error) {
	change, err := &riskv1.PublicationChange{}, error(nil)
	if r.OldVersion != nil {
		change.Before, err = show(before, frozen{
			region: r.OfRegion, key: r.OfKey, version: *r.OldVersion, hash: *r.OldSha256, power: *r.OldPower, step: *r.OldStep,
			positions: r.OldPositions, controls: r.OldControls, body: r.OldBody,
		})
	}
	if r.NewVersion != nil && err == nil {
		change.After, err = show(after, frozen{
			region: r.OfRegion, key: r.OfKey, version: *r.NewVersion, hash: *r.NewSha256, power: *r.NewPower, step: *r.NewStep,
			positions: r.NewPositions, controls: r.NewControls, body: r.NewBody,
		})
	}
	if r.OldVersion == nil || r.NewVersion == nil {
		return change, err
	}
	for _, name := range after.GetFields() {
		for _, changed := range r.Changed {
			if registers[after.GetRegister()].field(name).JSONName() == changed {
				change.Fields = append(change.Fields, name)
			}
		}
	}
	if slices.Contains(r.Changed, controlsField) {
		change.Fields = append(change.Fields, controlsField)
	}
	return change, err
}
