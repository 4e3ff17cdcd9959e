// Package access decides who may do what: tokens say who calls, the proto option of each RPC says what it takes, and the
// tree of units says how far a caller reaches. What nothing allows is refused.
package access

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Administrator is the one role that is not data: it may do everything within its reach, and so can load the first scheme.
const Administrator = "administrator"

// Principal is who calls.
type Principal struct {
	// Subject names the person or system, such as "accounts/admin".
	Subject string
	// Officer is the officer that the token was made for, "officers/…", if any.
	Officer string
	// Unit is the unit the caller acts for, "units/…". Its subtree is the caller's reach, and what lies below it on the system
	// line where a role says so. An officer's is the one served today.
	Unit string
	// Roles are ids of roles in the scheme that holds for the unit.
	Roles []string
	// Service is set where a service of the suite calls in its own name.
	Service string
}

// IsAdministrator tells whether the caller may do everything within its reach.
func (p Principal) IsAdministrator() bool { return slices.Contains(p.Roles, Administrator) }

// HasRole tells whether the caller has one of these roles, or may do everything.
func (p Principal) HasRole(roles ...string) bool {
	return p.IsAdministrator() || slices.ContainsFunc(p.Roles, func(r string) bool { return slices.Contains(roles, r) })
}

// call is what the interceptors learnt about a call, for the use case.
type call struct {
	principal Principal
	expiresAt time.Time // of the token
	rule      *Rule
	request   string
	message   proto.Message // the request
	// mayBeSource is set where the caller could send a tip.
	mayBeSource bool
	target      *networkv1.Unit
	officer     *networkv1.Officer // that the token was made for
	// alongSystem is set where a role that grants the call reaches along the system line, and system is what lies there.
	alongSystem bool
	// sendsForUnit is set where a role that grants the call sends for the caller's unit.
	sendsForUnit bool
	system       SystemLine
	// reached becomes true once the caller's reach has been checked; without it nothing is committed or answered.
	reached bool
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *call {
	c, ok := ctx.Value(callKey{}).(*call)
	if !ok {
		return &call{rule: &Rule{}} // outside a call nothing is allowed
	}
	return c
}

// PrincipalOf returns who calls.
func PrincipalOf(ctx context.Context) Principal { return callOf(ctx).principal }

// Recognized tells whether a token said who calls.
func Recognized(ctx context.Context) bool { return !callOf(ctx).expiresAt.IsZero() }

// RequireToken refuses a call whose token has expired meanwhile, for those that last long.
func RequireToken(ctx context.Context, now time.Time) error {
	if c := callOf(ctx); !now.Before(c.expiresAt) {
		return fault.Unauthenticated(words.TokenExpired())
	}
	return nil
}

// ExpiresAt is when the caller's token expires.
func ExpiresAt(ctx context.Context) time.Time { return callOf(ctx).expiresAt }

// OfficerOf is the officer in office who calls; nil where the token was made for none.
func OfficerOf(ctx context.Context) *networkv1.Officer { return callOf(ctx).officer }

// InOffice tells whether an officer's term runs on a day and nothing has ended the office by then. On the day of a dismissal it
// has ended.
func InOffice(officer *networkv1.Officer, day calendar.Date) bool {
	return officer.GetEndedOn() != day.String() && ServedOn(officer, day)
}

// ServedOn tells whether an officer was in office at some time of a day: on that of a dismissal, until that moment.
func ServedOn(officer *networkv1.Officer, day calendar.Date) bool {
	return (officer.GetEndedOn() == "" || day.String() <= officer.GetEndedOn()) && officer.GetTermFrom() <= day.String() &&
		(officer.GetTermTo() == "" || day.String() <= officer.GetTermTo())
}

// Target returns the unit that a SCOPE_UNIT request names, already checked to be within the caller's reach.
func Target(ctx context.Context) *networkv1.Unit { return callOf(ctx).target }

// Reached tells whether the caller's reach has been checked in this call.
func Reached(ctx context.Context) bool { return callOf(ctx).reached }

// AuditInfo is what the journal says of a call: what was done, by whom, in which request and why.
type AuditInfo struct {
	Event, Actor, ActorUnit, Request, Reason string
	// Protected tells that nothing may lead to who calls: what is written of the call says no more than its day.
	Protected bool
	// Unwritten tells that the journal says nothing of the call.
	Unwritten bool
}

// AuditInfoOf returns the audit info of this call. For a protected source it names neither actor, reason nor request, whose id
// stands in the log beside the time.
func AuditInfoOf(ctx context.Context) AuditInfo {
	c := callOf(ctx)
	act := AuditInfo{
		Event: c.rule.Event, Protected: c.rule.ProtectsSource(),
		Unwritten: c.mayBeSource && c.rule.GetAudit() == accessv1.Audit_AUDIT_ROUTINE,
	}
	if !act.Protected {
		act.Actor, act.ActorUnit, act.Request = c.principal.Subject, c.principal.Unit, c.request
		act.Reason = c.rule.reasonOf(c.message)
	}
	return act
}

// Path is a unit's place in the tree as an ltree: its ancestors and itself, the root first.
func Path(u *networkv1.Unit) string {
	return strings.Join(PathIDs(u), ".")
}

// PathWithin tells whether a path is another one, or lies below it: whoever reaches that reaches it as well.
func PathWithin(path, top string) bool { return path == top || strings.HasPrefix(path, top+".") }

// PathIDs are the unit ids of the path, the root first.
func PathIDs(u *networkv1.Unit) []string {
	ids := make([]string, 0, len(u.GetAncestors())+1)
	for _, a := range u.GetAncestors() {
		ids = append(ids, resource.ID(a))
	}
	return append(ids, resource.ID(u.GetName()))
}

// LastPathID is the id of the unit that a path leads to.
func LastPathID(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// Reaches tells whether a unit of this path is within the caller's reach. It is a look: the call must still Require what it is
// about.
func Reaches(ctx context.Context, unitPath string) bool {
	c := callOf(ctx)
	return c.principal.Service != "" || containsUnit(unitPath, resource.ID(c.principal.Unit)) || c.system.Has(unitPath)
}

// AlongSystemLine tells whether the caller's reach goes along the system line as well.
func AlongSystemLine(ctx context.Context) bool { return callOf(ctx).alongSystem }

// SendsForUnit tells whether a role that grants the call sends for the caller's unit by duty.
func SendsForUnit(ctx context.Context) bool { return callOf(ctx).sendsForUnit }

// Require checks that a record, whose unit has this path, is within the caller's reach. Out of reach, it is not found.
func Require(ctx context.Context, unitPath, name string) error {
	if !Reaches(ctx, unitPath) {
		return fault.NotFound(name)
	}
	callOf(ctx).reached = true
	return nil
}

// MarkReached notes that reach needs no check: the answer is one that this caller was given before, or what anybody may have.
func MarkReached(ctx context.Context) { callOf(ctx).reached = true }

// RequireOwn requires that the caller acts for this unit.
func RequireOwn(ctx context.Context, unit string) error {
	if PrincipalOf(ctx).Unit != unit {
		return fault.Denied(words.OwnUnitOnly(words.Untitled(unit)))
	}
	return nil
}

// RequireOwnOrAdmin requires that the caller acts for this unit or is an administrator. Units above are refused.
func RequireOwnOrAdmin(ctx context.Context, unit string) error {
	if PrincipalOf(ctx).IsAdministrator() {
		return nil
	}
	return RequireOwn(ctx, unit)
}

// RequireWhole refuses callers who don't reach the whole instance: services do, and those whose unit is the root. Error:
// PERMISSION_DENIED, reason WHOLE_INSTANCE_ONLY.
func RequireWhole(ctx context.Context, d Directory) error {
	caller := PrincipalOf(ctx)
	if caller.Service != "" {
		return nil
	}
	unit, err := d.Unit(ctx, caller.Unit)
	if err != nil && !fault.IsNotFound(err) {
		return err
	}
	if err != nil || len(unit.GetAncestors()) > 0 {
		return fault.Denied(words.WholeInstanceOnly())
	}
	return nil
}
