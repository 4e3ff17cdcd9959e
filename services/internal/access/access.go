package access

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
	"github.com/qingfeng-suite/qingfeng/services/internal/logline"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// Gate guards the RPCs of one server.
type Gate struct {
	level     typev1.Level
	tokens    *Tokens
	directory Directory
	rules     map[string]*Rule
	sources   []*Rule // of the RPCs by which a source that is protected sends
}

// NewGate builds the gate of an instance's level.
func NewGate(level typev1.Level, tokens *Tokens, directory Directory) *Gate {
	return &Gate{level: level, tokens: tokens, directory: directory, rules: map[string]*Rule{}, sources: sourceRules()}
}

// IsPublic tells whether anyone may call a method: those of health that say little.
func IsPublic(method string) bool {
	return method == grpc_health_v1.Health_Check_FullMethodName || method == grpc_health_v1.Health_Watch_FullMethodName
}

// IsReflection tells whether a method describes the API.
func IsReflection(method string) bool {
	return strings.HasPrefix(method, "/grpc.reflection.v1.ServerReflection/") ||
		strings.HasPrefix(method, "/grpc.reflection.v1alpha.ServerReflection/")
}

// tellsOfServer tells whether a service is one of gRPC's own, which carries no data of the instance.
func tellsOfServer(service string) bool {
	return service == grpc_health_v1.Health_ServiceDesc.ServiceName || IsReflection("/"+service+"/")
}

// forAnyKnown is the rule of the methods of such a service that are not public: whoever has a token may call them.
var forAnyKnown = &Rule{Access: &accessv1.Access{
	Highest: typev1.Level_LEVEL_PROVINCE, Lowest: typev1.Level_LEVEL_VILLAGE, Scope: accessv1.Scope_SCOPE_CALLER,
}}

// LoadRules reads the access rule of every RPC. It fails if one is missing, so that no server starts without access checks.
func (g *Gate) LoadRules(services map[string]grpc.ServiceInfo) error {
	var faults []error
	for service, info := range services {
		if tellsOfServer(service) {
			for _, method := range info.Methods {
				g.rules["/"+service+"/"+method.Name] = forAnyKnown
			}
			continue
		}
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
		if err != nil {
			return fmt.Errorf("service %s: %w", service, err)
		}
		descriptor, ok := found.(protoreflect.ServiceDescriptor)
		if !ok {
			return fmt.Errorf("%s is no service", service)
		}
		methods := descriptor.Methods()
		for i := range methods.Len() {
			rule, err := NewRule(methods.Get(i))
			if err != nil {
				faults = append(faults, err)
				continue
			}
			g.rules[rule.Method] = rule
		}
	}
	return errors.Join(faults...)
}

// Authenticate finds out who calls, from the bearer token. Where a token is given it must hold, even if none is needed.
func (g *Gate) Authenticate(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if IsPublic(info.FullMethod) {
		return next(ctx, req)
	}
	rule, ok := g.rules[info.FullMethod]
	if !ok || !rule.ExistsAt(g.level) {
		return nil, fault.New(codes.Unimplemented, words.NoSuchMethod())
	}
	c := &call{rule: rule, request: RequestID(ctx)}
	if token := bearerToken(metadata.ValueFromIncomingContext(ctx, "authorization")); token != "" {
		var err error
		if c.principal, c.expiresAt, err = g.tokens.Check(ctx, token); err != nil {
			return nil, err
		}
	} else if !rule.GetScope().AsksNoToken() {
		return nil, fault.Unauthenticated(words.TokenMissing())
	}
	c.mayBeSource = rule.ProtectsSource() || g.mayBeSource(ctx, c.principal)
	if !c.mayBeSource {
		logline.Add(ctx, zap.String("subject", c.principal.Subject), zap.String("unit", c.principal.Unit))
	}
	return next(withCall(ctx, c), req)
}

// SubjectOf is whom a token was issued for that is shown where none is needed; empty where none that holds is.
func (g *Gate) SubjectOf(ctx context.Context) string {
	subject, _ := g.tokens.CheckHeader(ctx, metadata.ValueFromIncomingContext(ctx, "authorization")) // none is needed
	return subject
}

// Authorize checks a call against the rule of its RPC. It refuses a response if reach was never checked. What is refused, here or
// behind, calls units by their titles.
func (g *Gate) Authorize(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if IsPublic(info.FullMethod) {
		return next(ctx, req)
	}
	resp, err := g.authorize(ctx, req, info, next)
	return resp, g.withTitles(ctx, err)
}

func (g *Gate) authorize(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	message, ok := req.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%s: request is no message", info.FullMethod)
	}
	c := callOf(ctx)
	c.message = message
	if err := g.findOfficer(ctx, c); err != nil {
		return nil, err
	}
	if err := g.checkPermission(ctx, c); err != nil {
		return nil, err
	}
	resp, err := g.answer(ctx, c, message, next)
	if fault.IsNotFound(err) && g.lineHasGrown(ctx, c) { // an agency reads what it has just built
		resp, err = g.answer(ctx, c, message, next)
	}
	if err == nil && !c.reached {
		return nil, fmt.Errorf("%s: the reach of the caller was not checked", info.FullMethod)
	}
	return resp, err
}

func (g *Gate) answer(ctx context.Context, c *call, req proto.Message, next grpc.UnaryHandler) (any, error) {
	if err := g.checkReach(ctx, c, req); err != nil {
		return nil, err
	}
	return next(ctx, req)
}

// lineHasGrown looks afresh at the system line of a call that only reads, and tells whether more is on it than was remembered.
func (g *Gate) lineHasGrown(ctx context.Context, c *call) bool {
	if c.rule.changes || !c.alongSystem {
		return false
	}
	remembered := len(c.system)
	line, err := SystemLineOf(ctx, Uncached(g.directory), c.principal.Unit)
	if err != nil {
		return false // it stays not found
	}
	c.system = line
	return len(line) > remembered
}

// findOfficer has a caller whose token was made for an officer act for the unit that the officer serves today. Who is not in
// office any more, or not yet, calls no RPC (C6), save those that who has no account may call.
func (g *Gate) findOfficer(ctx context.Context, c *call) error {
	name := c.principal.Officer
	if name == "" || c.rule.GetScope().AsksNoToken() {
		return nil
	}
	officer, err := g.directory.Officer(ctx, name)
	if fault.IsNotFound(err) {
		return fault.Denied(words.NoSuchOfficer(name))
	}
	if err != nil {
		return err
	}
	if !InOffice(officer, clock.Today(g.tokens.clock)) {
		return fault.Denied(words.NotInOffice(words.Titled(officer), words.Untitled(officer.GetAppointingUnit())))
	}
	c.principal.Unit, c.officer = officer.GetUnit(), officer
	return nil
}

// Nobody stands where a scheme lets nobody do something.
var Nobody = words.Title{ID: "—", Zh: "无", En: "none"}

// OrNobody are several as a sentence calls them, or nobody.
func OrNobody(titles []words.Title) words.Title {
	if len(titles) == 0 {
		return Nobody
	}
	return words.List(titles...)
}

// checkPermission checks the permission: of a service by name, of others through their roles.
func (g *Gate) checkPermission(ctx context.Context, c *call) error {
	p := c.principal
	switch {
	case c.rule.GetScope().AsksNoPermission(),
		p.Service != "" && slices.Contains(c.rule.GetServices(), p.Service):
		return nil
	case c.rule.ForServicesOnly():
		return fault.Denied(words.ServicesOnly())
	case p.Service != "":
		return fault.Denied(words.PermissionDenied(c.rule.GetPermission(), Nobody))
	}
	if c.rule.GetTopmost() { // first: elsewhere no role would help, so that none is named
		if err := RequireWhole(ctx, g.directory); err != nil {
			return err
		}
	}
	if p.IsAdministrator() {
		return nil
	}
	held, others, err := g.rolesThatGrant(ctx, p, c.rule)
	switch {
	case err != nil:
		return err
	case len(held) == 0:
		if ended, err := g.directory.Ended(ctx, p.Unit); len(others) == 0 && err == nil {
			return fault.Denied(EndedSentence(ended)) // no scheme holds for the unit of the token any more
		}
		return fault.Denied(words.PermissionDenied(c.rule.GetPermission(), OrNobody(others)))
	}
	c.sendsForUnit = slices.ContainsFunc(held, (*networkv1.Role).GetSendsForUnit)
	c.alongSystem = slices.ContainsFunc(held, (*networkv1.Role).GetAlongSystemLine)
	if c.alongSystem {
		c.system, err = SystemLineOf(ctx, g.directoryFor(c), p.Unit)
	}
	return err
}

// rolesThatGrant are those of a caller's roles that grant what any of some rules asks, and others that do, as a sentence
// calls them.
func (g *Gate) rolesThatGrant(
	ctx context.Context, p Principal, rules ...*Rule,
) (held []*networkv1.Role, others []words.Title, err error) {
	scheme, err := g.directory.Scheme(ctx, p.Unit)
	if err != nil && !fault.IsNotFound(err) {
		return nil, nil, err
	}
	for _, role := range scheme.GetRoles() {
		switch {
		case !slices.ContainsFunc(rules, func(r *Rule) bool { return r.grants(role.GetPermissions()) }):
		case slices.Contains(p.Roles, role.GetId()):
			held = append(held, role)
		default:
			others = append(others, titleOfRole(role))
		}
	}
	return held, others, nil
}

// mayBeSource tells whether a caller could send a tip. No call of such a caller is logged by name, nor one whose roles can't be
// looked up: the last named line before a tip came in would tell who sent it. Officers are there to send.
func (g *Gate) mayBeSource(ctx context.Context, p Principal) bool {
	switch {
	case p.Service != "":
		return false
	case p.Officer != "" || p.IsAdministrator():
		return true
	}
	held, _, err := g.rolesThatGrant(ctx, p, g.sources...)
	return len(held) > 0 || err != nil
}

// checkReach resolves the target unit of the request and checks that the caller reaches it.
func (g *Gate) checkReach(ctx context.Context, c *call, req proto.Message) error {
	switch c.rule.GetScope() {
	case accessv1.Scope_SCOPE_INSTANCE, accessv1.Scope_SCOPE_RECEIPT, accessv1.Scope_SCOPE_CALLER, accessv1.Scope_SCOPE_PUBLIC:
		c.reached = true
		return nil
	case accessv1.Scope_SCOPE_UNIT:
		return g.checkUnitReach(ctx, c, c.rule.targetUnit(req))
	default: // the use case checks, once it has read the record
		return nil
	}
}

// unitName is checked here and not left to validation, which comes after access: what is no name must not reach a database.
var unitName = regexp.MustCompile(`^` + resource.Units + `/[a-z0-9][a-z0-9_]{0,62}$`)

func (g *Gate) checkUnitReach(ctx context.Context, c *call, name string) error {
	field := c.rule.GetUnitField()
	if !unitName.MatchString(name) {
		if err := fieldbehavior.Check(c.message); err != nil {
			return err // with all else that is wrong with the request
		}
		return fault.Invalid(field, words.StringResource(resource.Units))
	}
	u, err := g.directoryFor(c).Unit(ctx, name)
	switch {
	case fault.IsNotFound(err):
		return g.checkEnded(ctx, field, name)
	case err != nil:
		return err
	case Require(ctx, Path(u), name) != nil:
		return fault.NotFound(name).OnField(field)
	}
	c.target = u
	return nil
}

// directoryFor is what says where the unit is that a call is about: right after a change of the tree, nothing is to be made for a
// unit that has ended. What only reads may show what was a moment ago.
func (g *Gate) directoryFor(c *call) Directory {
	if c.rule.changes {
		return Uncached(g.directory)
	}
	return g.directory
}

// checkEnded says of a unit that today's tree lacks who acts for it, to callers who reach that one: the ended unit stands below
// it.
func (g *Gate) checkEnded(ctx context.Context, field, name string) error {
	ended, err := g.directory.Ended(ctx, name)
	refused := EndedFault(ctx, name, ended, err)
	var f *fault.Fault
	if errors.As(refused, &f) {
		return f.OnField(field)
	}
	return refused
}

func bearerToken(authorization []string) string {
	for _, value := range authorization {
		if scheme, token, ok := strings.Cut(value, " "); ok && strings.EqualFold(scheme, "bearer") {
			return strings.TrimSpace(token)
		}
	}
	return ""
}

// IsShared tells whether those who ask for a stream share what it is made of.
func (g *Gate) IsShared(method string) bool {
	rule, ok := g.rules[method]
	return ok && rule.GetShared()
}

// ProtectsSource tells whether nothing may be noted about who calls a method.
func (g *Gate) ProtectsSource(method string) bool {
	rule, ok := g.rules[method]
	return ok && rule.ProtectsSource()
}
