package warnings

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/journal"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
)

// newTail is the end of the journal, for those who watch warnings.
func newTail(env service.Env, supervised *records) *journal.Tail[*change] {
	return &journal.Tail[*change]{Store: env.Store, Collection: resource.Warnings, Read: supervised.Named, Log: env.Log}
}

// WatchWarnings sends what is done to warnings of a subtree that the caller may read (C11, H9).
func (s *Server) WatchWarnings(
	req *warningv1.WatchWarningsRequest, stream grpc.ServerStreamingServer[warningv1.WatchWarningsResponse],
) error {
	ctx, faults := stream.Context(), fault.Fields{}
	err := schemes.CheckFilter(ctx, s.warnings.Store, &faults, "warning_levels", "warningLevels", req.GetWarningLevels()...)
	if err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	top := access.Path(access.Target(ctx))
	return s.tail.Follow(ctx, "resume_token", req.GetResumeToken(), func(e journal.Event[*change]) error {
		if !watches(req, top, e.Record) || !s.reads(ctx, e.Record) {
			return nil
		}
		w := e.Record.Record
		return stream.Send(&warningv1.WatchWarningsResponse{
			ResumeToken: e.At.String(), ActTime: timestamppb.New(e.Time), Event: e.Act, Warning: w.GetName(), Unit: w.GetUnit(),
			Title: w.GetTitle(), State: w.GetState(), WarningLevel: w.GetWarningLevel(),
		})
	}, func(upTo record.Position) error {
		return stream.Send(&warningv1.WatchWarningsResponse{ResumeToken: upTo.String()})
	})
}

// reads tells whether the caller may read a warning.
func (s *Server) reads(ctx context.Context, c *change) bool { return s.supervised.Reach(ctx, c) == nil }

// watches tells whether a warning is among those asked for, below a path.
func watches(req *warningv1.WatchWarningsRequest, top string, c *change) bool {
	if levels := req.GetWarningLevels(); len(levels) > 0 && !slices.Contains(levels, c.Record.GetWarningLevel()) {
		return false
	}
	if req.GetSupervised() {
		return access.PathWithin(partyPath(c.Beside, byOffice), top)
	}
	return slices.ContainsFunc(answering(c.Beside), func(path string) bool { return access.PathWithin(path, top) })
}
