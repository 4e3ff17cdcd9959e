// Package analyses adds up the series of tips of a period and finds in them what stands out (C12, C15, X4). An analysis is made
// anew as a whole and has no etag, so that it is no collection: its statements are its own.
package analyses

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/warning/circumstances"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// Server serves AnalysisService.
type Server struct {
	warningv1.UnsafeAnalysisServiceServer

	store         *record.Store
	directory     access.Directory
	rollUps       networkv1.RollUpServiceClient
	tips          networkv1.TipServiceClient
	units         networkv1.UnitServiceClient
	calendar      calendar.Source
	circumstances circumstances.Source
}

// New makes the server.
func New(env service.Env) *Server {
	network := env.Dial("network")
	return &Server{
		store: env.Store, directory: env.Directory, calendar: env.Calendar, circumstances: circumstances.From(env),
		rollUps: networkv1.NewRollUpServiceClient(network), units: networkv1.NewUnitServiceClient(network),
		tips: networkv1.NewTipServiceClient(network),
	}
}

func (s *Server) Register(r grpc.ServiceRegistrar) { warningv1.RegisterAnalysisServiceServer(r, s) }

// RunAnalysis analyses a period, which may still run, and replaces an earlier analysis of it (C12).
func (s *Server) RunAnalysis(ctx context.Context, req *warningv1.RunAnalysisRequest) (*warningv1.Analysis, error) {
	period, err := calendar.ParsePeriod(req.GetPeriod())
	if err != nil {
		return nil, fault.Invalid("period", words.StringPeriod())
	}
	if period.First().After(clock.Today(s.store.Clock)) {
		return nil, fault.Invalid("period", words.Future())
	}
	unit := access.Target(ctx)
	o, refused := s.analyse(ctx, unit, period)
	mayRead, err := findings.MayReadTips(ctx, s.directory)
	refused = cmp.Or(refused, err)
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*warningv1.Analysis, error) {
		if refused != nil {
			return nil, refused // only here, so that a repeated request gets its first answer
		}
		if err := s.save(ctx, tx, unit, period, o); err != nil {
			return nil, err
		}
		return told(o.analysis, mayRead)
	})
}

func (s *Server) save(
	ctx context.Context, tx *record.Tx, unit *networkv1.Unit, period calendar.Period, o *outcome,
) error {
	analysis := o.analysis
	body, err := document.Encode(analysis)
	if err != nil {
		return err
	}
	if err := db.New(tx).SaveAnalysis(ctx, db.SaveAnalysisParams{
		Region: unit.GetRegion(), UnitID: resource.ID(unit.GetName()), Period: period.String(),
		PeriodFirst: period.First(), UnitPath: access.Path(unit),
		RunTime: analysis.GetRunTime().AsTime(), Body: body,
	}); err != nil {
		return err
	}
	if err := findings.Save(ctx, tx, unit, period, o.findings, o.scheme, o.days); err != nil {
		return err
	}
	if access.PrincipalOf(ctx).Unit != unit.GetName() && analysis.GetTips() > 0 { // who runs it has it as the answer
		tx.Notify(record.Message{Unit: unit.GetName(), Resource: analysis.GetName(), Sentence: ready(unit, o)})
	}
	return tx.Record(ctx, record.Entry{Resource: analysis.GetName(), UnitPath: access.Path(unit)})
}

// ready says that an analysis is there, and how many problems recur, which may be referred (C13).
func ready(unit *networkv1.Unit, o *outcome) words.Sentence {
	found := strconv.Itoa(int(o.analysis.GetFindings()))
	if recurring := findings.Recurring(o.findings); recurring > 0 {
		return words.InboxAnalysisRecurring(unit.GetTitle(), o.analysis.GetPeriod(), found, strconv.Itoa(recurring))
	}
	return words.InboxAnalysisReady(unit.GetTitle(), o.analysis.GetPeriod(), found)
}

// GetAnalysis reads one analysis.
func (s *Server) GetAnalysis(ctx context.Context, req *warningv1.GetAnalysisRequest) (*warningv1.Analysis, error) {
	analysis, err := Read(ctx, s.store, req.GetName())
	if err != nil {
		return nil, err
	}
	mayRead, err := findings.MayReadTips(ctx, s.directory)
	if err != nil {
		return nil, err
	}
	return told(analysis, mayRead)
}

// Read reads an analysis within the caller's reach.
func Read(ctx context.Context, tx db.DBTX, name string) (*warningv1.Analysis, error) {
	unit, period, _ := strings.Cut(resource.ID(name), ".") // neither holds a dot
	row, err := db.New(tx).GetAnalysis(ctx, db.GetAnalysisParams{UnitID: unit, Period: period})
	if err := document.Authorize(ctx, err, row.UnitPath, name); err != nil {
		return nil, err
	}
	return document.Decode[*warningv1.Analysis](row.Body)
}

// Name is the name of a unit's analysis of a period.
func Name(unit *networkv1.Unit, period calendar.Period) string {
	return resource.Name(resource.Analyses, resource.ID(unit.GetName())+"."+period.String())
}

type cursor struct {
	First        calendar.Date
	Period, Unit string
}

// ListAnalyses lists the analyses of a subtree, the newest period first.
func (s *Server) ListAnalyses(ctx context.Context, req *warningv1.ListAnalysesRequest) (*warningv1.ListAnalysesResponse, error) {
	p, err := page.Parse(req, cursor{First: calendar.LastDay})
	if err != nil {
		return nil, err
	}
	mayRead, err := findings.MayReadTips(ctx, s.directory)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListAnalyses(ctx, db.ListAnalysesParams{
		Subtree: access.Path(access.Target(ctx)), BeforeFirst: p.Cursor.First, BeforePeriod: p.Cursor.Period,
		BeforeUnit: p.Cursor.Unit, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows,
		func(r db.ListAnalysesRow) cursor { return cursor{r.PeriodFirst, r.Period, r.UnitID} },
		func(r db.ListAnalysesRow) (*warningv1.Analysis, error) {
			analysis, err := document.Decode[*warningv1.Analysis](r.Body)
			if err != nil {
				return nil, err
			}
			return told(analysis, mayRead)
		})
	return &warningv1.ListAnalysesResponse{Analyses: list, NextPageToken: next}, err
}
