package warnings

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// ChangeWarningLevel raises or lowers a warning: the first form of the new level begins with a fresh notice (C11).
func (s *Server) ChangeWarningLevel(ctx context.Context, req *warningv1.ChangeWarningLevelRequest) (*warningv1.Warning, error) {
	return record.Prepare(ctx, s.warnings.Store, req, func(ctx context.Context) (*networkv1.Unit, error) {
		return s.directory.Unit(ctx, access.PrincipalOf(ctx).Unit)
	}, func(ctx context.Context, by *networkv1.Unit) (*warningv1.Warning, error) {
		return s.judge(ctx, req, changeLevel, req.GetReason(), movedTo(req.GetWarningLevel(), by))
	})
}

// requireIssuer wants a caller, of a unit, who may issue a warning level.
func requireIssuer(caller access.Principal, unit *networkv1.Unit, level *warningv1.WarningLevel) error {
	title := schemes.TitleOf(level.GetId(), level.GetTitle())
	if roles := level.GetIssuerRoles(); len(roles) > 0 && !caller.HasRole(roles...) {
		return fault.Denied(words.IssuerRole(title, words.Untitled(roles...)))
	}
	if levels := level.GetIssuerLevels(); len(levels) > 0 && !slices.Contains(levels, unit.GetLevel()) {
		names := make([]string, len(levels))
		for i, l := range levels {
			names[i] = l.String()
		}
		return fault.Denied(words.IssuerLevel(title, strings.Join(names, ", ")))
	}
	return nil
}

// movedTo moves a warning to the warning level of an id, if the caller may. Whoever moves it must be one who may issue that
// level; and one who may pass the last stage of the approval of the higher of the two: the second person, beside the issuer.
func movedTo(id string, by *networkv1.Unit) effect {
	return func(w *warningCase) error {
		ladder := w.scheme.GetWarningLevels()
		var faults fault.Fields
		schemes.CheckKnown(&faults, "warning_level", id, ladder)
		level, _ := schemes.Find(ladder, id)
		if id == w.GetWarningLevel() {
			faults.Add("warning_level", words.SameWarningLevel(schemes.TitleOf(id, level.GetTitle())))
		}
		if err := faults.Err(); err != nil {
			return err
		}
		if err := requireIssuer(w.caller, by, level); err != nil {
			return err
		}
		now, i := w.level()
		to := slices.Index(ladder, level)
		if stages := ladder[max(i, to)].GetApprovals(); len(stages) > 0 {
			if err := w.requireApprover(stages[len(stages)-1]); err != nil {
				return err
			}
		}
		if to > i {
			return w.moveTo(level, "")
		}
		if err := w.requireNothingOwed(); err != nil {
			return err
		}
		if to < i-1 {
			return w.moveTo(level, "")
		}
		return w.moveTo(level, now.GetFall().GetForm())
	}
}
