package publications

import (
	"context"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// supersede ends what is public of the same kind of the register, of the unit and of the ended ones that it acts for, so that two
// catalogues never stand side by side (T12). Nobody makes another public meanwhile, since the register is held (requireCurrent).
func (s *Server) supersede(ctx context.Context, by *change) error {
	if holdsText(by.Record.GetRegister()) {
		return nil // texts are of their times
	}
	rows, err := db.New(by).PublicBefore(ctx, db.PublicBeforeParams{
		Kind: by.Record.GetKind(), Acting: resource.ID(by.ActingUnit()), Region: by.Region, Key: by.Key,
	})
	if err != nil {
		return err
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = resource.Sharded(resource.Publications, row.Region, row.Key)
	}
	return s.publications.ActAll(ctx, by.Tx, names, replaceAct, requireAnswered, supersededBy(by))
}

func supersededBy(by *change) Rule {
	return func(ctx context.Context, c *change) error {
		c.Record.EndedOn = c.Today().String()
		return owedBy(by)(ctx, c)
	}
}

// takeOver has a publication owe what those of its kind owe that were withdrawn, of the unit and of the ended ones that it acts
// for: none escapes its day by being withdrawn.
func (s *Server) takeOver(ctx context.Context, by *change) error {
	rows, err := db.New(by).WithdrawnOwing(ctx, db.WithdrawnOwingParams{
		Kind: by.Record.GetKind(), Acting: resource.ID(by.ActingUnit()),
	})
	if err != nil {
		return err
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = resource.Sharded(resource.Publications, row.Region, row.Key)
	}
	return s.publications.ActAll(ctx, by.Tx, names, replaceAct, owedBy(by))
}

// owedBy has a publication owe no more what another owes in its place, by the same day.
func owedBy(by *change) Rule {
	return func(_ context.Context, c *change) error {
		c.Record.SupersededBy, c.Record.RenewRemindOn = by.Record.GetName(), ""
		if due := c.Record.GetFileBy(); due != "" && c.Record.GetFiledOn() == "" {
			by.Record.FileBy = earlier(by.Record.GetFileBy(), due)
			owed.NoFiling(c.Record)
		}
		return nil
	}
}

// earlier is the earlier of two days, of which either may be empty.
func earlier(one, other string) string {
	if one == "" || other != "" && other < one {
		return other
	}
	return one
}

// requireOwed refuses to file what is not to be filed as long as it is public, or what another took the place of before it was to
// be filed.
func (s *Server) requireOwed(ctx context.Context, c *change) error {
	if c.Record.GetFileBy() != "" {
		return nil
	}
	if c.Record.GetState() == publicised {
		allowed, others := Lifecycle.Named(publicised, fileAct, func(act lifecycle.Act) bool { return open(c.Record, act) })
		return fault.Precondition(words.WrongState(publicised.String(), string(fileAct), allowed, others))
	}
	if c.Record.GetSupersededBy() == "" {
		return nil
	}
	by, err := s.publications.Find(ctx, c.Tx, c.Record.GetSupersededBy())
	if err != nil {
		return err
	}
	return fault.Precondition(words.PublicationSuperseded(by.Record.GetTitle()))
}
