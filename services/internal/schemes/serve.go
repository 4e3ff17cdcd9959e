package schemes

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Server is SchemeService of every service: S is its kind of scheme, C, E and L are its requests, P is its page.
type Server[S Scheme, C CreateRequest[S], E EffectiveRequest, L page.Request, P proto.Message] struct {
	Store     *record.Store
	Directory access.Directory
	// Check checks what the proto's rules can't say.
	Check func(context.Context, S) error
	// MayReplace refuses that a version takes the place of the one stored, which nobody has used, but the suite may have; nil
	// where nothing of the suite's own hangs on a version.
	MayReplace func(ctx context.Context, tx *record.Tx, stored, next S) error
	// Stored does what else a new scheme calls for, in its transaction; nil where that is nothing.
	Stored func(context.Context, *record.Tx) error
}

// CreateRequest asks to store a scheme.
type CreateRequest[S Scheme] interface {
	record.Request
	GetScheme() S
	GetReplace() bool
}

// EffectiveRequest asks for the scheme in force for a unit on a day.
type EffectiveRequest interface {
	GetUnit() string
	GetAsOf() string
}

// CreateScheme stores a version of a scheme for the call's target unit.
func (s *Server[S, C, E, L, P]) CreateScheme(ctx context.Context, req C) (S, error) {
	var none S
	if err := s.Check(ctx, req.GetScheme()); err != nil {
		return none, err
	}
	return record.Change(ctx, s.Store, req, func(ctx context.Context, tx *record.Tx) (S, error) {
		mayReplace := func() error { return s.mayReplace(ctx, tx, req) }
		if err := Add(ctx, tx, req.GetScheme(), req.GetReplace(), mayReplace); err != nil {
			return none, err
		}
		if s.Stored != nil {
			if err := s.Stored(ctx, tx); err != nil {
				return none, err
			}
		}
		return req.GetScheme(), tx.Record(ctx, record.Entry{
			Resource: Version(req.GetScheme()), UnitPath: access.Path(access.Target(ctx)),
		})
	})
}

func (s *Server[S, C, E, L, P]) mayReplace(ctx context.Context, tx *record.Tx, req C) error {
	if s.MayReplace == nil || !req.GetReplace() {
		return nil
	}
	var none S
	stored, _ := none.ProtoReflect().New().Interface().(S)
	switch err := ByVersion(ctx, tx, Version(req.GetScheme()), stored); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil // there is none to replace
	case err != nil:
		return err
	}
	return s.MayReplace(ctx, tx, stored, req.GetScheme())
}

// GetEffectiveScheme finds the scheme that holds for a unit on a date.
func (s *Server[S, C, E, L, P]) GetEffectiveScheme(ctx context.Context, req E) (S, error) {
	var none S
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.Store.Clock)
	if err != nil {
		return none, err
	}
	unit, err := access.LookUp(ctx, s.Directory, "unit", req.GetUnit())
	if err != nil {
		return none, err
	}
	found, _ := none.ProtoReflect().New().Interface().(S)
	return found, Effective(ctx, s.Store, access.PathIDs(unit), on, found)
}

// ListSchemes lists all versions.
func (s *Server[S, C, E, L, P]) ListSchemes(ctx context.Context, req L) (P, error) {
	var none P
	list, next, err := List[S](ctx, s.Store, req)
	if err != nil {
		return none, err
	}
	m := none.ProtoReflect().New()
	fields := m.Descriptor().Fields()
	schemes := m.Mutable(fields.ByName("schemes")).List()
	for _, one := range list {
		schemes.Append(protoreflect.ValueOfMessage(one.ProtoReflect()))
	}
	m.Set(fields.ByName("next_page_token"), protoreflect.ValueOfString(next))
	answer, _ := m.Interface().(P)
	return answer, nil
}
