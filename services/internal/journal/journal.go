// Package journal serves JournalService of every service: who did what, for auditors, and what was done, as a feed for services
// and systems above (X3).
package journal

import (
	"context"
	"math"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// Server serves the journal of one service. A service embeds it, and registers it under its own name.
type Server struct {
	store *record.Store
}

// New makes the server.
func New(env service.Env) *Server { return &Server{store: env.Store} }

// endOfTime is later than every entry.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// ListJournal returns the entries of a subtree, and writes down that they were read.
func (s *Server) ListJournal(ctx context.Context, req *typev1.ListJournalRequest) (*typev1.ListJournalResponse, error) {
	p, err := page.Parse(req, record.Position{Xact: math.MaxInt64, Seq: math.MaxInt64})
	if err != nil {
		return nil, err
	}
	unit := access.Target(ctx)
	q := db.ListJournalParams{
		UnitID: resource.ID(unit.GetName()), Resource: req.GetResource(), Actor: req.GetActor(), AtBefore: endOfTime,
		BeforeXact: p.Cursor.Xact, BeforeSeq: p.Cursor.Seq, PageSize: p.Limit,
	}
	if req.GetFromTime() != nil {
		q.AtFrom = req.GetFromTime().AsTime()
	}
	if req.GetBeforeTime() != nil {
		q.AtBefore = req.GetBeforeTime().AsTime()
	}
	rows, err := db.New(s.store.Afresh()).ListJournal(ctx, q)
	if err != nil {
		return nil, err
	}
	answer := &typev1.ListJournalResponse{}
	answer.Entries, answer.NextPageToken, err = page.Build(ctx, p, rows, positionOf, entryOf)
	if err != nil {
		return nil, err
	}
	return answer, record.Read(ctx, s.store, record.Entry{Resource: unit.GetName(), UnitPath: access.Path(unit)})
}

func positionOf(row db.ListJournalRow) record.Position {
	return record.Position{Xact: row.Xact, Seq: row.Seq}
}

func entryOf(row db.ListJournalRow) (*typev1.JournalEntry, error) {
	return &typev1.JournalEntry{
		Position: positionOf(row).String(), ActTime: timestamppb.New(row.At), Event: row.Event, Resource: row.Resource,
		Unit: unitOf(row.UnitPath), Actor: row.Actor, ActorUnit: row.ActorUnit, RequestId: row.Request, Reason: row.Reason,
	}, nil
}

// unitOf is the unit at the end of a path.
func unitOf(path string) string {
	if path == "" {
		return ""
	}
	return resource.Units + "/" + path[strings.LastIndexByte(path, '.')+1:]
}
