package caseleads

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// apart is the path of the unit that a party stands at or, where that has come to be the one that the lead is about or lies
// below it since the tree has changed, of the unit above that one. The root has none above it here.
func apart(c *change, path string) string {
	about := c.Beside[actingAbout]
	if above := strings.LastIndexByte(about, '.'); above >= 0 && access.PathWithin(path, about) {
		return about[:above]
	}
	return path
}

// openerOf, holderOf and offeredOf are the paths of the units that act today for the one that opened a lead, that has it and
// that it is offered to.
func openerOf(c *change) string  { return apart(c, strings.Join(c.Units(), ".")) }
func holderOf(c *change) string  { return apart(c, c.Beside[actingHolder]) }
func offeredOf(c *change) string { return apart(c, c.Beside[actingOffered]) }

// pathUnit is the unit at the end of a path.
func pathUnit(path string) string { return resource.Name(resource.Units, access.LastPathID(path)) }

// isHolder lets the unit act that has a lead.
func isHolder(ctx context.Context, c *change) error {
	return access.RequireOwn(ctx, pathUnit(holderOf(c)))
}

// isOffered lets the unit answer that a lead is offered to, unless it has become one with the unit that offers it.
func isOffered(ctx context.Context, c *change) error {
	to := pathUnit(offeredOf(c))
	if err := access.RequireOwn(ctx, to); err != nil {
		return err
	}
	if c.Record.GetState() == offered && to == pathUnit(holderOf(c)) {
		return fault.Denied(words.OwnCaseLead())
	}
	return nil
}

// isOpener lets the unit withdraw a lead that opened it, as long as it has it.
func isOpener(ctx context.Context, c *change) error {
	opener, holder := pathUnit(openerOf(c)), pathUnit(holderOf(c))
	if err := access.RequireOwn(ctx, opener); err != nil {
		return err
	}
	if opener != holder {
		return fault.Precondition(words.CaseLeadElsewhere(words.Untitled(holder)))
	}
	return nil
}

// isParty tells whether the caller reaches the unit that opened a lead or the one that has it, and so is told all but the
// content.
func isParty(ctx context.Context, c *change) bool {
	return access.Reaches(ctx, openerOf(c)) || access.Reaches(ctx, holderOf(c))
}

// reach lets those see a lead who reach a unit that opened it, has it or is offered it; never the unit that it is about, what
// lies below that on either line, nor what acts for it.
func (s *Server) reach(ctx context.Context, c *change) error {
	line, err := s.callerLine(ctx)
	if err != nil {
		return err
	}
	if isSubject(c, line) {
		return fault.NotFound(c.Record.GetName())
	}
	path := openerOf(c)
	for _, party := range []string{holderOf(c), offeredOf(c)} {
		if access.Reaches(ctx, party) {
			path = party
		}
	}
	return access.Require(ctx, path, c.Record.GetName())
}

// isSubject tells whether a unit, given with all above it by their identifiers, is the one that a lead is about, lies below
// it or acts for it. What has ended in the root is nobody's any more.
func isSubject(c *change, line []string) bool {
	about := c.Beside[actingAbout]
	return strings.Contains(about, ".") && slices.Contains(line, access.LastPathID(about))
}

// callerLine is the line of the caller's unit; of a service, which reaches all, there is none.
func (s *Server) callerLine(ctx context.Context) ([]string, error) {
	caller := access.PrincipalOf(ctx)
	if caller.Service != "" {
		return nil, nil
	}
	unit, err := s.directory.Unit(ctx, caller.Unit)
	if err != nil {
		return nil, err
	}
	return s.line(ctx, unit)
}

// line is a unit and all above it on either line, by their identifiers.
func (s *Server) line(ctx context.Context, unit *networkv1.Unit) ([]string, error) {
	above, err := access.AboveOnAnyLine(ctx, s.directory.Unit, unit)
	ids := make([]string, 0, len(above)+1)
	ids = append(ids, resource.ID(unit.GetName()))
	for _, name := range above {
		ids = append(ids, resource.ID(name))
	}
	return ids, err
}

// move keeps where the units stand that a lead is with and offered to.
func move(ctx context.Context, c *change, holder, offeredTo string) error {
	c.Beside[holderPath], c.Beside[actingHolder] = holder, holder
	c.Beside[offeredPath], c.Beside[actingOffered] = offeredTo, offeredTo
	return db.New(c).MoveCaseLead(ctx, db.MoveCaseLeadParams{Region: c.Region, Key: c.Key, Holder: holder, Offered: offeredTo})
}
