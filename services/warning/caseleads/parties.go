package caseleads

import (
	"context"
	"slices"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// settle finds who acts today for the parties of a lead, and has its entries of the journal stand where its opener acts.
func (s *Server) settle(ctx context.Context, c *change) error {
	c.Beside[actingOpener] = strings.Join(c.Units(), ".")
	for _, party := range []string{actingOpener, actingHolder, actingOffered} {
		path, err := apart(ctx, s.directory, c, c.Beside[party])
		if err != nil {
			return err
		}
		c.Beside[party] = path
	}
	c.EntryPath = c.Beside[actingOpener]
	return nil
}

// apart is the path of the unit that a party stands at or, where that has come to be the one that the lead is about or lies
// below it on either line since the tree has changed, of the nearest above it of which neither is so. The root has none above
// it here.
func apart(ctx context.Context, directory access.Directory, c *change, path string) (string, error) {
	about := c.Beside[actingAbout]
	above := strings.LastIndexByte(about, '.')
	if above >= 0 && access.PathWithin(path, about) {
		path = about[:above]
	}
	for strings.Contains(path, ".") && above >= 0 {
		unit, err := directory.Unit(ctx, pathUnit(path))
		if fault.IsNotFound(err) {
			return path, nil // it has just ended
		}
		if err != nil {
			return "", err
		}
		its, err := access.Line(ctx, directory, unit)
		if err != nil || !isSubject(c, its) {
			return path, err
		}
		path = path[:strings.LastIndexByte(path, '.')]
	}
	return path, nil
}

// openerOf, holderOf and offeredOf are the paths of the units that act today for the one that opened a lead, that has it and
// that it is offered to, once settle has found them.
func openerOf(c *change) string  { return c.Beside[actingOpener] }
func holderOf(c *change) string  { return c.Beside[actingHolder] }
func offeredOf(c *change) string { return c.Beside[actingOffered] }

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
	its, err := s.callerLine(ctx)
	if err != nil {
		return err
	}
	if isSubject(c, its) {
		return fault.NotFound(c.Record.GetName())
	}
	if err := s.settle(ctx, c); err != nil {
		return err
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

// callerLine is the line of the caller's unit; that of a service, which reaches all, is empty.
func (s *Server) callerLine(ctx context.Context) ([]string, error) {
	caller := access.PrincipalOf(ctx)
	if caller.Service != "" {
		return []string{}, nil
	}
	unit, err := s.directory.Unit(ctx, caller.Unit)
	if err != nil {
		return nil, err
	}
	return access.Line(ctx, s.directory, unit)
}

// move keeps where the units stand that a lead is with and offered to.
func move(ctx context.Context, c *change, holder, offeredTo string) error {
	if holder != c.Beside[holderPath] {
		c.Beside[holderPath], c.Beside[actingHolder] = holder, holder
	}
	c.Beside[offeredPath], c.Beside[actingOffered] = offeredTo, offeredTo
	if offeredTo == holder {
		c.Beside[actingOffered] = c.Beside[actingHolder]
	}
	return db.New(c).MoveCaseLead(ctx, db.MoveCaseLeadParams{Region: c.Region, Key: c.Key, Holder: holder, Offered: offeredTo})
}
