package publications

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// What upheld objections have graded anew, publications show as it no longer stands (J6, T4, T22).

// replaceRegraded has a publication that is over take the place of those of its kind that can't be filed, or were and say no
// longer what is in force: of its unit, and of the ended ones that this acts for.
func (s *Server) replaceRegraded(ctx context.Context, c *change) error {
	rows, err := db.New(c).OwedAnewBefore(ctx, db.OwedAnewBeforeParams{
		Region: c.Region, Key: c.Key, Kind: c.Record.GetKind(), Acting: resource.ID(c.ActingUnit()),
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = resource.Sharded(resource.Publications, row.Region, row.Key)
	}
	stale, err := regraded(ctx, c.Tx, names...)
	if err != nil {
		return err
	}
	return s.publications.ActAll(ctx, c.Tx, names, replaceAct, func(_ context.Context, before *change) error {
		switch made := before.Record; {
		case made.GetFiledOn() != "":
			made.SupersededBy = c.Record.GetName()
		case len(stale[made.GetName()]) == 0:
			return collection.ErrAsItIs
		default:
			c.Record.FileBy = earlier(c.Record.GetFileBy(), made.GetFileBy())
			owed.NoFiling(made)
		}
		return nil
	})
}

// regraded are the entries of publications, by the names of these, that upheld objections have graded anew, so that they show
// what no longer stands.
func regraded(ctx context.Context, from db.DBTX, publications ...string) (map[string][]db.RegradedEntriesRow, error) {
	names, err := json.Marshal(registers[riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS].jsonNamesByField())
	if err != nil {
		return nil, err
	}
	of := db.RegradedEntriesParams{Names: names}
	for _, name := range publications {
		region, key, err := resource.Split(name)
		if err != nil {
			return nil, err
		}
		of.Regions, of.Keys = append(of.Regions, region), append(of.Keys, key)
	}
	rows, err := db.New(from).RegradedEntries(ctx, of)
	found := map[string][]db.RegradedEntriesRow{}
	for _, row := range rows {
		name := resource.Sharded(resource.Publications, row.Region, row.Key)
		found[name] = append(found[name], row)
	}
	return found, err
}

// NoteRegraded has the publications that are over, and still to be filed or were filed last of their kind, say that an entry was
// graded anew, and tells their units.
func NoteRegraded(
	ctx context.Context, tx *record.Tx, publications *collection.Collection[*riskv1.Publication], entry string,
) error {
	region, key, err := resource.Split(entry)
	if err != nil {
		return err
	}
	rows, err := db.New(tx).OverWithPoint(ctx, db.OverWithPointParams{EntryRegion: region, EntryKey: key})
	if err != nil || len(rows) == 0 {
		return err
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = resource.Sharded(resource.Publications, row.Region, row.Key)
	}
	stale, err := regraded(ctx, tx, names...)
	if err != nil {
		return err
	}
	return publications.ActAll(ctx, tx, names, noteAct, func(_ context.Context, c *change) error {
		if len(stale[c.Record.GetName()]) == 0 {
			return collection.ErrAsItIs
		}
		note(c, stale[c.Record.GetName()])
		return nil
	})
}

// noteRegraded says of a publication that ends which of its entries no longer stand.
func noteRegraded(ctx context.Context, c *change) error {
	stale, err := regraded(ctx, c.Tx, c.Record.GetName())
	if err == nil && len(stale) > 0 {
		note(c, stale[c.Record.GetName()])
	}
	return err
}

// note says of a publication that is over which of its entries no longer stand, and tells the unit, which may be about to file it
// or has filed it, of the first.
func note(c *change, stale []db.RegradedEntriesRow) {
	made := c.Record
	known := len(made.GetRegradedEntries()) > 0
	made.RegradedEntries = nil
	for _, row := range stale {
		made.RegradedEntries = append(made.RegradedEntries, row.Entry)
	}
	if known {
		return
	}
	count, such := strconv.Itoa(len(stale)), riskpoints.Beginning(stale[0].Description)
	says := words.InboxPublicationOutdated(made.GetTitle(), count, such)
	switch {
	case made.GetFiledOn() != "":
		says = words.InboxPublicationFiledRegraded(made.GetTitle(), count, such)
	case made.GetFileBy() != "":
		says = words.InboxPublicationRegraded(made.GetTitle(), count, such, made.GetFileBy())
	}
	c.Tell(made.GetUnit(), says)
}
