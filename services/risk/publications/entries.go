package publications

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// maxEntries is how many entries a publication holds at most: more than anybody reads on a notice board.
const maxEntries = 10_000

// freeze notes what a new publication says: its text, or which versions are in force on its day in its unit and all below.
func freeze(ctx context.Context, c *change) error {
	scheme, made := &riskv1.Scheme{}, c.Record
	if err := schemes.EffectiveFor(ctx, c, scheme); err != nil {
		return err
	}
	var faults fault.Fields
	schemes.CheckKnown(&faults, "publication.kind", made.GetKind(), scheme.GetPublicationKinds())
	day := c.Today()
	if made.GetAsOf() != "" {
		day, _ = faults.ParsePastDay("publication.as_of", made.GetAsOf(), c.Today())
	}
	kind, known := schemes.Find(scheme.GetPublicationKinds(), made.GetKind())
	switch text := holdsText(kind.GetRegister()); {
	case known && text && made.GetText() == "":
		faults.Add("publication.text", words.Required())
	case known && !text && made.GetText() != "":
		faults.Add("publication.text", words.Contradiction())
	}
	if err := faults.Err(); err != nil {
		return err
	}
	made.AsOf, made.SchemeVersion = day.String(), schemes.Version(scheme)
	made.Register, made.Fields, made.ShowsControls = kind.GetRegister(), kind.GetFields(), kind.GetShowsControls()
	if holdsText(made.GetRegister()) {
		sum := sha256.Sum256([]byte(made.GetText()))
		made.EntriesSha256 = hex.EncodeToString(sum[:])
		return nil
	}
	return freezeEntries(ctx, c, day)
}

// freezeEntries notes which versions a publication holds.
func freezeEntries(ctx context.Context, c *change, day calendar.Date) error {
	made := c.Record
	collection, queries := registers[made.GetRegister()].collection, db.New(c)
	count, err := queries.FreezeEntries(ctx, db.FreezeEntriesParams{
		Region: c.Region, Key: c.Key, Collection: collection, Subtree: c.UnitPath, Day: day, Most: maxEntries + 1,
		ShowsControls: made.GetShowsControls(), ShowsOwner: showsOwner(made),
	})
	switch {
	case err != nil:
		return err
	case count == 0:
		return fault.Precondition(words.NothingToPublish(day.String()))
	case count > maxEntries:
		return fault.Precondition(words.TooManyEntries(strconv.Itoa(maxEntries)))
	}
	made.EntryCount = int32(count)
	made.EntriesSha256, err = queries.HashEntries(ctx, db.HashEntriesParams{Collection: collection, Region: c.Region, Key: c.Key})
	if err != nil || !made.GetShowsControls() {
		return err
	}
	return noteUncontrolled(ctx, c)
}

// maxUncontrolled is how many risk points without a control a publication names.
const maxUncontrolled = 100

// noteUncontrolled says of a publication that shows controls which risk points have none.
func noteUncontrolled(ctx context.Context, c *change) error {
	rows, err := db.New(c).UncontrolledEntries(ctx, db.UncontrolledEntriesParams{
		Region: c.Region, Key: c.Key, Most: maxUncontrolled,
	})
	for _, row := range rows {
		c.Record.UncontrolledCount = int32(row.AllRows)
		c.Record.UncontrolledEntries = append(c.Record.UncontrolledEntries, row.Entry)
	}
	return err
}

// ListPublicationEntries lists what a publication says.
func (s *Server) ListPublicationEntries(
	ctx context.Context, req *riskv1.ListPublicationEntriesRequest,
) (*riskv1.ListPublicationEntriesResponse, error) {
	found, err := s.publications.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	list, next, err := s.entries(ctx, found, req, func(*riskv1.PublicationEntry) {})
	return &riskv1.ListPublicationEntriesResponse{Entries: list, NextPageToken: next}, err
}

// entries are a page of what a publication says, without what hide takes away.
func (s *Server) entries(
	ctx context.Context, of *change, req page.Request, hide func(*riskv1.PublicationEntry),
) ([]*riskv1.PublicationEntry, string, error) {
	p, err := page.Parse[int32](req, 0)
	if err != nil {
		return nil, "", err
	}
	rows, err := db.New(s.publications.Store).ListEntries(ctx, db.ListEntriesParams{
		Collection: registers[of.Record.GetRegister()].collection, Region: of.Region, Key: of.Key,
		AfterNumber: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, "", err
	}
	return page.Build(ctx, p, rows, func(r db.ListEntriesRow) int32 { return r.Number },
		func(r db.ListEntriesRow) (*riskv1.PublicationEntry, error) {
			entry, err := show(of.Record, frozenOf(r))
			if err == nil {
				hide(entry)
			}
			return entry, err
		})
}

// entriesAtOnce is how many entries EachPage reads at a time.
const entriesAtOnce = 200

// EachPage gives what a publication says, some entries at a time, to whoever reads the publication. Read is how a page is read
// and given: it calls what it is given, once.
func EachPage(
	ctx context.Context, from db.DBTX, of *riskv1.Publication, read func(page func() ([]Entry, error)) error,
) error {
	region, key, err := resource.Split(of.GetName())
	if err != nil {
		return err
	}
	asked := db.ListEntriesParams{
		Collection: registers[of.GetRegister()].collection, Region: region, Key: key, PageSize: entriesAtOnce,
	}
	for more := true; more; {
		err := read(func() ([]Entry, error) {
			rows, err := db.New(from).ListEntries(ctx, asked)
			entries := make([]Entry, len(rows))
			for i, r := range rows {
				entries[i], asked.AfterNumber = entryOf(of, frozenOf(r)), r.Number
			}
			more = len(rows) == entriesAtOnce
			return entries, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Entry is what a publication shows of an entry; of one that can't be read its name, with the error.
type Entry struct {
	*riskv1.PublicationEntry

	Damaged error
	number  int32
}

func entryOf(of *riskv1.Publication, f frozen) Entry {
	shown, err := show(of, f)
	return Entry{PublicationEntry: shown, Damaged: err, number: f.number}
}

// titledAs are titles of positions by the names of these.
func titledAs(positions, titles []string) map[string]string {
	by := map[string]string{}
	for i, name := range positions {
		if i < len(titles) {
			by[name] = titles[i]
		}
	}
	return by
}

// Find finds an entry of a publication by its name.
func Find(ctx context.Context, c Change, entry string) (db.PublishedVersionRow, error) {
	collection := registers[c.Record.GetRegister()].collection
	region, key, err := resource.Split(entry)
	if err != nil || entry != resource.Sharded(collection, region, key) {
		return db.PublishedVersionRow{}, fault.NotFound(entry)
	}
	found, err := db.New(c).PublishedVersion(ctx, db.PublishedVersionParams{
		Collection: collection, Region: c.Region, Key: c.Key, EntryRegion: region, EntryKey: key,
	})
	return found, document.NotFoundAs(err, entry)
}

// frozen is a version of an entry, with what its power, its step and its positions were called.
type frozen struct {
	number            int32
	region, key       string
	version           int32
	hash, power, step string
	positions         []string
	controls          []byte
	body              []byte
}

func frozenOf(r db.ListEntriesRow) frozen {
	return frozen{
		number: r.Number, region: r.EntryRegion, key: r.EntryKey, version: r.Version, hash: r.ContentSha256, power: r.PowerTitle,
		step:      r.StepTitle,
		positions: r.PositionTitles, controls: r.Controls, body: r.Body,
	}
}

// show is what a publication shows of a version.
func show(of *riskv1.Publication, f frozen) (*riskv1.PublicationEntry, error) {
	shown := &riskv1.PublicationEntry{
		Entry:   resource.Sharded(registers[of.GetRegister()].collection, f.region, f.key),
		Version: f.version, ContentSha256: f.hash,
	}
	fields := of.GetFields()
	if slices.Contains(fields, "power_item") {
		shown.PowerTitle = f.power
	}
	if slices.Contains(fields, "step") {
		shown.StepTitle = f.step
	}
	if slices.Contains(fields, "position") || slices.Contains(fields, "positions") {
		shown.PositionTitles = f.positions
	}
	if of.GetRegister() == riskv1.RegisterKind_REGISTER_KIND_POWER_ITEMS {
		item, err := document.Decode[*riskv1.PowerItem](f.body)
		if slices.Contains(fields, "steps") {
			shown.StepPositions = stepPositions(item, titledAs(item.GetPositions(), f.positions))
		}
		keepShown(item, fields)
		shown.Content = &riskv1.PublicationEntry_PowerItem{PowerItem: item}
		return shown, err
	}
	point, err := document.Decode[*riskv1.RiskPoint](f.body)
	if slices.Contains(fields, "owner_position") {
		shown.OwnerTitle = point.GetOwner().GetTitle()
	}
	keepShown(point, fields)
	shown.Content = &riskv1.PublicationEntry_RiskPoint{RiskPoint: point}
	if err != nil || !of.GetShowsControls() {
		return shown, err
	}
	shown.Controls, err = decodeControls(f.controls)
	return shown, err
}

// stepPositions are the titles of who does each step.
func stepPositions(item *riskv1.PowerItem, titles map[string]string) map[string]string {
	does := map[string]string{}
	for _, step := range item.GetSteps() {
		if title := titles[step.GetPosition()]; title != "" {
			does[step.GetId()] = title
		}
	}
	return does
}

func decodeControls(list []byte) ([]*riskv1.PublishedControl, error) {
	entry, err := document.Decode[*riskv1.PublicationEntry](slices.Concat([]byte(`{"controls":`), list, []byte("}")))
	return entry.GetControls(), err
}
