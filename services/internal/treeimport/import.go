package treeimport

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

const (
	// batchSize is how many units go into one request, the most that network takes.
	batchSize = 1000
	// maxInFlight is how many requests run at once, so that instance and database both have work.
	maxInFlight = 4
	// lookUpSize is how many units are looked up at once: their names must fit into an address where the instance is reached over
	// HTTP.
	lookUpSize = 200
)

// Import reads a source and creates its units. If a row is faulty it creates none. It returns the units that exist and differ
// from their rows; those stay as they are.
func Import(ctx context.Context, conn grpc.ClientConnInterface, src Source, progress func(done, all int)) (Faults, error) {
	rows, faults, err := read(src)
	if err != nil {
		return nil, err
	}
	p := newImporter(conn, rows, src.EffectiveFrom, progress)
	p.ownScheme = src.OwnScheme
	unknown, err := p.unknownParents(ctx)
	if err != nil {
		return nil, err
	}
	if err := append(append(faults, check(rows)...), unknown...).err(); err != nil {
		return nil, err
	}
	return p.createAll(ctx)
}

// Create creates the units of rows that Read gave, as Import does. Planting them again, after an interruption say, gives the
// first answers and goes on where it stopped. progress, which may be nil, is told how many are there.
func Create(
	ctx context.Context, conn grpc.ClientConnInterface, rows []Row, effectiveFrom string, progress func(done, all int),
) (Faults, error) {
	return newImporter(conn, rows, effectiveFrom, progress).createAll(ctx)
}

type importer struct {
	client networkv1.UnitServiceClient
	rows   []Row
	from   string
	// ownScheme tells that the units get a scheme of their own next.
	ownScheme bool
	byID      map[string]int

	mu        sync.Mutex
	progress  func(done, all int)
	done      int
	differing Faults
}

func newImporter(conn grpc.ClientConnInterface, rows []Row, from string, progress func(done, all int)) *importer {
	p := &importer{
		client: networkv1.NewUnitServiceClient(conn), rows: rows, from: from, progress: progress,
		byID: make(map[string]int, len(rows)),
	}
	for i, row := range rows {
		p.byID[row.ID] = i
	}
	return p
}

// unknownParents are the rows whose parents are neither in the source nor in the instance.
func (p *importer) unknownParents(ctx context.Context) (Faults, error) {
	outside := map[string]bool{}
	for _, row := range p.rows {
		for _, above := range []string{row.Parent, row.SystemParent} {
			if _, ok := p.byID[above]; !ok && slug(above) {
				outside[above] = true
			}
		}
	}
	ids := make([]string, 0, len(outside))
	for id := range outside {
		ids = append(ids, id)
	}
	existing, err := p.existing(ctx, ids)
	if err != nil {
		return nil, err
	}
	var faults Faults
	for _, row := range p.rows {
		for _, above := range []string{row.Parent, row.SystemParent} {
			if _, ok := p.byID[above]; ok || above == "" {
				continue
			}
			switch unit := existing[above]; {
			case unit == nil:
				faults.add(row.location, "there is no unit %q to be above %s", above, row.ID)
			case unit.GetEndedOn() != "":
				faults.add(row.location, "%s can't be above %s: it ended on %s; its successor is %s", above, row.ID,
					unit.GetEndedOn(), resource.ID(unit.GetSuccessor()))
			}
		}
	}
	return faults, nil
}

// existing are those of some units that exist.
func (p *importer) existing(ctx context.Context, ids []string) (map[string]*networkv1.Unit, error) {
	found := make(map[string]*networkv1.Unit, len(ids))
	for from := 0; from < len(ids); from += lookUpSize {
		req := &networkv1.BatchGetUnitsRequest{AsOf: p.from}
		for _, id := range ids[from:min(from+lookUpSize, len(ids))] {
			req.Names = append(req.Names, resource.Name(resource.Units, id))
		}
		resp, err := p.client.BatchGetUnits(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("look up units: %w", err)
		}
		for _, u := range resp.GetUnits() {
			found[resource.ID(u.GetName())] = u
		}
	}
	return found, nil
}

// createAll creates units round by round. Batches of one round run concurrently.
func (p *importer) createAll(ctx context.Context) (Faults, error) {
	var rounds [][]Row
	for i, round := range layers(p.rows, p.byID) {
		for len(rounds) < round {
			rounds = append(rounds, nil)
		}
		if round > 0 {
			rounds[round-1] = append(rounds[round-1], p.rows[i])
		}
	}
	for _, layer := range rounds {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(maxInFlight)
		for from := 0; from < len(layer); from += batchSize {
			part := layer[from:min(from+batchSize, len(layer))]
			group.Go(func() error { return p.sendBatch(ctx, part) })
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
	}
	return p.differing, nil
}

// sendBatch plants a batch. Where some of it are there, the rest is planted.
func (p *importer) sendBatch(ctx context.Context, rows []Row) error {
	err := p.create(ctx, rows)
	if status.Code(err) == codes.AlreadyExists {
		var missing []Row
		if missing, err = p.missing(ctx, rows); err == nil && len(missing) > 0 {
			err = p.create(ctx, missing)
			rows = missing
		}
	}
	if err != nil {
		return p.explain(rows, err)
	}
	return nil
}

// create plants rows by one request, whose id comes from what it holds: sent again, it gives the first answer.
func (p *importer) create(ctx context.Context, rows []Row) error {
	req := &networkv1.BatchCreateUnitsRequest{Requests: make([]*networkv1.CreateUnitRequest, len(rows))}
	for i, row := range rows {
		req.Requests[i] = &networkv1.CreateUnitRequest{UnitId: row.ID, Unit: row.unit(p.from), OwnScheme: p.ownScheme}
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return err
	}
	req.RequestId = uuid.NewSHA1(uuid.NameSpaceOID, raw).String()
	if _, err := p.client.BatchCreateUnits(ctx, req); err != nil {
		return err
	}
	p.count(len(rows), nil)
	return nil
}

// missing are those rows whose units are not there. Units that are there but not as the rows say are noted.
func (p *importer) missing(ctx context.Context, rows []Row) ([]Row, error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	existing, err := p.existing(ctx, ids)
	if err != nil {
		return nil, err
	}
	var missing []Row
	var differ Faults
	for _, row := range rows {
		u, ok := existing[row.ID]
		if !ok {
			missing = append(missing, row)
		} else if now := row.unit(u.GetEffectiveFrom()); !sameUnit(u, now) {
			differ.add(row.location, "unit %s exists and is not as this row says", row.ID)
		}
	}
	p.count(len(rows)-len(missing), differ)
	return missing, nil
}

func (p *importer) count(done int, differ Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.differing = append(p.differing, differ...)
	if p.done += done; p.progress != nil {
		p.progress(p.done, len(p.rows))
	}
}

func (r Row) unit(from string) *networkv1.Unit {
	return &networkv1.Unit{
		Title: r.Title, Kind: r.Kind, Level: r.Level, DivisionCode: r.Code, Parent: resource.Name(resource.Units, r.Parent),
		EffectiveFrom: from, Sort: r.Sort, SystemParent: resource.Name(resource.Units, r.SystemParent),
	}
}

func sameUnit(a, b *networkv1.Unit) bool {
	return a.GetTitle() == b.GetTitle() && a.GetKind() == b.GetKind() && a.GetLevel() == b.GetLevel() &&
		a.GetDivisionCode() == b.GetDivisionCode() && a.GetParent() == b.GetParent() && a.GetSort() == b.GetSort() &&
		a.GetSystemParent() == b.GetSystemParent()
}
