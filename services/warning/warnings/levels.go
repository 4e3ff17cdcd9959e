package warnings

import (
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// approve lets a waiting warning go out, if the caller may approve its warning level.
func (w *warningCase) approve() error {
	level, _ := w.level()
	if err := w.requireApprover(level); err != nil {
		return err
	}
	return w.sendNotice()
}

// requireApprover wants a caller who may approve a warning level and did not issue the warning.
func (w *warningCase) requireApprover(level *warningv1.WarningLevel) error {
	if !w.caller.HasRole(level.GetApproverRoles()...) {
		return fault.Denied(words.ApproverRole(schemes.TitleOf(level.GetId(), level.GetTitle()),
			words.Untitled(level.GetApproverRoles()...)))
	}
	if w.caller.Subject == w.beside[issuer] {
		return fault.Denied(words.SelfApproval())
	}
	return nil
}

// requireIssuer wants a caller who may issue a warning level.
func requireIssuer(caller access.Principal, level *warningv1.WarningLevel) error {
	if roles := level.GetIssuerRoles(); len(roles) > 0 && !caller.HasRole(roles...) {
		return fault.Denied(words.IssuerRole(schemes.TitleOf(level.GetId(), level.GetTitle()), words.Untitled(roles...)))
	}
	return nil
}

// movedTo moves a warning to the warning level of an id, if the caller may. Whoever moves it must be one who may issue that
// level; where the way leads up to a level that needs approval, also one who may approve it: the second person, beside the
// issuer.
func movedTo(id string) step {
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
		if err := requireIssuer(w.caller, level); err != nil {
			return err
		}
		_, now := w.level()
		if up := slices.Index(ladder, level) > now; up && len(level.GetApproverRoles()) > 0 {
			if err := w.requireApprover(level); err != nil {
				return err
			}
		}
		return w.moveTo(level)
	}
}
