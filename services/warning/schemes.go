package warning

import (
	"context"
	"fmt"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/scheme"
)

type schemes struct {
	warningv1.UnsafeSchemeServiceServer

	book      *record.Book
	directory access.Directory
	queue     *jobs.Queue
}

// CreateScheme stores a scheme and has its unit's last month analysed.
func (s *schemes) CreateScheme(ctx context.Context, req *warningv1.CreateSchemeRequest) (*warningv1.Scheme, error) {
	if err := checkScheme(req.GetScheme()); err != nil {
		return nil, err
	}
	return scheme.Create(ctx, s.book, req, req.GetScheme(), req.GetScheme(), s.follow)
}

// follow has the last month of the scheme's unit analysed.
func (s *schemes) follow(ctx context.Context, tx *record.Tx) error {
	return s.queue.Ask(ctx, tx, analyseMonth)
}

// GetEffectiveScheme finds the scheme that holds for a unit on a date.
func (s *schemes) GetEffectiveScheme(
	ctx context.Context, req *warningv1.GetEffectiveSchemeRequest,
) (*warningv1.Scheme, error) {
	found := &warningv1.Scheme{}
	if err := scheme.Answer(ctx, s.book, s.directory, req, found); err != nil {
		return nil, err
	}
	return found, nil
}

// ListSchemes lists all versions.
func (s *schemes) ListSchemes(ctx context.Context, req *warningv1.ListSchemesRequest) (*warningv1.ListSchemesResponse, error) {
	list, next, err := scheme.List[*warningv1.Scheme](ctx, s.book, req)
	if err != nil {
		return nil, err
	}
	return &warningv1.ListSchemesResponse{Schemes: list, NextPageToken: next}, nil
}

// checkScheme checks what the proto's rules can't say.
func checkScheme(s *warningv1.Scheme) error {
	var faults fault.Fields
	scheme.Unique(&faults, "scheme.rungs", s.GetRungs())
	for i, rung := range s.GetRungs() {
		field := fmt.Sprintf("scheme.rungs[%d]", i)
		scheme.Unique(&faults, field+".forms", rung.GetForms())
		if err := checkCriterion(rung.GetCriterion()); err != nil {
			faults.Add(field+".criterion", "criterion", "cause", err.Error())
		}
	}
	return faults.Err()
}
