// Package tips takes in early-warning information and follows it to its end (C8, H8).
package tips

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/text/unicode/norm"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/figures"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// Server serves TipService.
type Server struct {
	networkv1.UnsafeTipServiceServer

	store     *record.Store
	directory access.Directory
	tables    access.Directory // that remembers no units; of a pool of its own, as it is asked within transactions
	calendar  calendar.Source
	sealer    *sealing.Sealer
	intake    *record.Group[preparedTip]
	router    atomic.Pointer[router]
}

// New makes the server and adds the jobs that tell of new tips and of limits.
func New(env service.Env) *Server {
	s := &Server{
		store: env.Store, directory: env.Directory, tables: access.Uncached(env.Directory), calendar: env.Calendar,
		sealer: env.Sealer,
	}
	env.Queue.Add(jobs.Job{Name: RemindJob, Every: remindEvery, Run: s.Remind})
	env.Queue.Add(jobs.Job{Name: TellNewTipsJob, Every: tellNewTipsEvery, Run: s.TellNewTips})
	s.intake = record.NewGroup(env.Store, record.DefaultLimits, s.insertAll)
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterTipServiceServer(r, s) }

// GetTip reads one tip for those who handle it.
func (s *Server) GetTip(ctx context.Context, req *networkv1.GetTipRequest) (*networkv1.Tip, error) {
	tip, err := Read(ctx, s.store, clock.Today(s.store.Clock), req.GetName())
	if err != nil {
		return nil, err
	}
	return tip, s.tellRoles(ctx, s.store, tip)
}

// ListTips lists the tips handled in a subtree.
func (s *Server) ListTips(ctx context.Context, req *networkv1.ListTipsRequest) (*networkv1.ListTipsResponse, error) {
	from, before, err := figures.ParseTimeRange(req.GetPeriod())
	if err != nil {
		return nil, err
	}
	var faults fault.Fields
	dueBefore := faults.DayOrEmpty("due_before", req.GetDueBefore())
	about, err := s.checkFilters(ctx, &faults, req)
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	readers, err := units.ReaderLineages(ctx, s.store, clock.Today(s.store.Clock), access.PrincipalOf(ctx).Unit)
	if err != nil {
		return nil, err
	}
	params := db.ListTipsParams{
		Subtree: access.Path(access.Target(ctx)), States: document.EnumNames(req.GetStates()),
		ReceivedFrom: from, ReceivedBefore: before, SubjectArea: req.GetSubjectArea(), AboutUnit: resource.ID(req.GetAboutUnit()),
		Channel: req.GetChannel(), SourceRole: req.GetSourceRole(), OnlyUrgent: req.GetUrgent(), DueBefore: dueBefore,
		CallerUnits: readers, Words: strings.Fields(strings.ToLower(norm.NFKC.String(req.GetQuery()))),
		BeforeKey: p.Cursor, PageSize: p.Limit,
	}
	if req.GetAboutBelow() && about != nil {
		params.AboutUnit, params.AboutPath = "", access.Path(about)
	}
	rows, roles, err := s.listTips(ctx, params)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListTipsRow) string { return r.TipKey },
		func(r db.ListTipsRow) (*networkv1.Tip, error) {
			tip, err := document.Read[*networkv1.Tip](r.Body, r.Revision)
			roles.tell(tip)
			return tip, err
		})
	return &networkv1.ListTipsResponse{Tips: list, NextPageToken: next}, err
}

// checkFilters checks what a list is asked for, along with the faults found before, and finds the unit that its tips are to be
// about, nil where it names none.
func (s *Server) checkFilters(
	ctx context.Context, faults *fault.Fields, req *networkv1.ListTipsRequest,
) (about *networkv1.Unit, err error) {
	for _, filter := range []struct{ field, list, id string }{
		{"subject_area", "subjectAreas", req.GetSubjectArea()},
		{"channel", "channels", req.GetChannel()},
		{"source_role", "otherRoles", req.GetSourceRole()},
	} {
		if err := schemes.CheckFilter(ctx, s.store, faults, filter.field, filter.list, filter.id); err != nil {
			return nil, err
		}
	}
	switch {
	case req.GetAboutUnit() != "":
		if about, err = s.findAboutUnit(ctx, faults, req.GetAboutUnit()); err != nil {
			return nil, err
		}
	case req.GetAboutBelow():
		faults.Add("about_unit", words.Required())
	}
	return about, faults.Err()
}

// findAboutUnit finds the unit that the tips of a list are to be about, and notes a fault where there never was one.
func (s *Server) findAboutUnit(ctx context.Context, faults *fault.Fields, name string) (*networkv1.Unit, error) {
	unit, err := access.UnitEver(ctx, s.tables, name)
	if !fault.IsNotFound(err) {
		return unit, err
	}
	says, err := access.Missing(ctx, s.tables, name)
	faults.Add("about_unit", says)
	return nil, err
}

// CloseTip ends a tip.
func (s *Server) CloseTip(ctx context.Context, req *networkv1.CloseTipRequest) (*networkv1.Tip, error) {
	return s.act(ctx, req, "close", func(_ context.Context, c *lockedTip) error {
		c.tip.Outcome, c.tip.ClosingReason, c.tip.CloseTime = req.GetOutcome(), req.GetReason(), timestamppb.New(c.tx.Now())
		return checkOutcome(c.scheme, req.GetOutcome())
	})
}

// lockedTip is a tip read for an act, its row locked.
type lockedTip struct {
	tx     *record.Tx
	row    db.LockTipRow
	tip    *networkv1.Tip
	scheme *networkv1.Scheme // of the unit that handled it so far
	// handlingPath is the path of the unit that handles it from now on.
	handlingPath string
}

// act does something to a tip, in its handling unit: in the order of collection.Act, as a tip's path may change (ADR 030).
func (s *Server) act(
	ctx context.Context, req record.ActRequest, act lifecycle.Act, do func(context.Context, *lockedTip) error,
) (*networkv1.Tip, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.Tip, error) {
		c, err := s.lock(ctx, tx, req, act)
		if err != nil {
			return nil, err
		}
		if err := do(ctx, c); err != nil {
			return nil, err
		}
		outcome, _ := schemes.Find(c.scheme.GetOutcomes(), c.tip.GetOutcome())
		if err := saveTip(ctx, tx, c.tip, c.row, c.handlingPath, outcome.GetUnfounded()); err != nil {
			return nil, err
		}
		return c.tip, s.tellRoles(ctx, tx, c.tip)
	})
}

// lock reads a tip for an act and leads it to its next state.
func (s *Server) lock(ctx context.Context, tx *record.Tx, req record.ActRequest, act lifecycle.Act) (*lockedTip, error) {
	tip, row, err := Lock(ctx, tx, tx.Today(), req.GetName())
	if err != nil {
		return nil, err
	}
	if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
		return nil, err
	}
	// Its path and not its unit says which scheme holds: the unit may have ended since.
	scheme := &networkv1.Scheme{}
	if err := schemes.Effective(ctx, tx, strings.Split(row.HandlingPath, "."), tx.Today(), scheme); err != nil {
		return nil, err
	}
	tip.State, err = next(tip, act, scheme, tx.Now())
	return &lockedTip{tx: tx, row: row, tip: tip, scheme: scheme, handlingPath: row.HandlingPath}, err
}

// saveTip stores a changed tip, which the unit of this path handles from now on, and records it.
func saveTip(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, row db.LockTipRow, handling string, unfounded bool) error {
	region, key, err := resource.Split(tip.GetName())
	if err != nil {
		return err
	}
	body, err := document.Rewrite(row.Body, tip, row.Revision)
	if err != nil {
		return err
	}
	var closed *time.Time
	if tip.GetCloseTime() != nil {
		at := tip.GetCloseTime().AsTime()
		closed = &at
	}
	if err := db.New(tx).SaveTip(ctx, db.SaveTipParams{
		Region: region, TipKey: key, HandlingPath: handling, SubjectArea: tip.GetContent().GetSubjectArea(),
		Urgent: isUrgent(tip),
		State:  tip.GetState().String(), Returns: int16(len(tip.GetReturns())), Unfounded: unfounded, CloseTime: closed,
		Body: body,
	}); err != nil {
		return err
	}
	return tx.Record(ctx, record.Entry{Resource: tip.GetName(), UnitPath: handling})
}
