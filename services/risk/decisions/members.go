package decisions

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// checkMembers wants members of the unit whose ranks may decide, as many as must speak, no position and no person twice.
func (s *Server) checkMembers(
	ctx context.Context, c *change, faults *fault.Fields, scheme *riskv1.Scheme, kind *riskv1.DecisionKind,
) error {
	const field = "decision.members"
	members := c.Record.GetMembers()
	if len(members) < int(kind.GetMinStatements()) {
		faults.Add(field, words.TooFewMembers(strconv.Itoa(int(kind.GetMinStatements()))))
	}
	persons := map[string]bool{}
	for i, name := range members {
		at := fmt.Sprintf("%s[%d]", field, i)
		member, err := s.place(ctx, c, faults, at, name)
		if err != nil {
			return err
		}
		if member == nil {
			continue
		}
		person := positions.IncumbentOn(member.Record, c.Today()).GetPerson()
		switch {
		case slices.Contains(members[:i], name):
			faults.Add(at, words.Duplicate(member.Record.GetTitle()))
		case !decides(kind, member.Record.GetRank()):
			faults.Add(at, words.MemberRank(rankTitle(scheme, member.Record.GetRank())))
		case !sits(c, member, kind.GetMembersBelow()):
			faults.Add(at, words.OtherUnit(words.Untitled(member.Record.GetUnit())))
		case person != "" && persons[person]:
			faults.Add(at, words.SamePerson(person))
		}
		persons[person] = true
	}
	return nil
}

// decides tells whether who holds a position of a rank decides matters of a kind.
func decides(kind *riskv1.DecisionKind, rank string) bool {
	return len(kind.GetMemberRanks()) == 0 || slices.Contains(kind.GetMemberRanks(), rank)
}

// rankTitle is what a scheme calls a rank; a dash where a position has none.
func rankTitle(scheme *riskv1.Scheme, id string) words.Title {
	rank, _ := schemes.Find(scheme.GetRanks(), id)
	return schemes.TitleOf(cmp.Or(id, "–"), rank.GetTitle())
}

// unfitMembers are, of a decision in preparation, the members whose positions have ended or are of no rank that decides it: a
// column derived of it, names with spaces between.
const unfitMembers = `(SELECT coalesce(string_agg(m.name, ' ' ORDER BY m.n), '')
	FROM jsonb_array_elements_text(CASE decisions.body ->> 'state' WHEN 'DECISION_STATE_PREPARING'
		THEN decisions.body -> 'members' ELSE '[]' END) WITH ORDINALITY AS m (name, n)
	JOIN positions p ON p.region = region_of(m.name) AND p.key = key_of(m.name)
	WHERE p.ended_on IS NOT NULL OR EXISTS (
		SELECT FROM schemes s CROSS JOIN LATERAL jsonb_array_elements(s.body -> 'decisionKinds') AS k (kind)
		WHERE 'schemes/' || s.scheme_id || '@' || to_char(s.effective_from, 'YYYY-MM-DD') = decisions.body ->> 'schemeVersion'
			AND k.kind ->> 'id' = decisions.body ->> 'kind' AND jsonb_exists(k.kind, 'memberRanks')
			AND NOT jsonb_exists(k.kind -> 'memberRanks', coalesce(p.rank, ''))))`

// showUnfit shows who of the members of a decision in preparation is none any more; who was dropped from them since it was read,
// is not named.
func showUnfit(c *change) {
	for _, name := range strings.Fields(c.Beside[unfitMembers]) {
		if c.Record.GetState() == preparing && slices.Contains(c.Record.GetMembers(), name) {
			c.Record.UnfitMembers = append(c.Record.UnfitMembers, name)
		}
	}
}

// sits tells whether a position is of the unit that decides, or of one below where those may be members.
func sits(c *change, member *collection.Change[*riskv1.Position], below bool) bool {
	if member.ActingUnit() == c.ActingUnit() {
		return true
	}
	return below && slices.Contains(member.Units(), resource.ID(c.ActingUnit()))
}

// checkAllAgain wants all who were members of an earlier decision to be members again; who holds several positions is one.
func (s *Server) checkAllAgain(ctx context.Context, c *change, faults *fault.Fields, before []string) error {
	persons := map[string]bool{}
	for _, name := range c.Record.GetMembers() {
		member, err := s.memberToday(ctx, c, name)
		if err != nil {
			return err
		}
		persons[member.GetPerson()] = true
	}
	for _, name := range before {
		if slices.Contains(c.Record.GetMembers(), name) {
			continue
		}
		member, err := s.memberToday(ctx, c, name)
		if err != nil {
			return err
		}
		if member.GetPerson() == "" || !persons[member.GetPerson()] {
			faults.Add("decision.members", words.MemberMissing(member.GetTitle()))
		}
	}
	return nil
}

// memberToday is a position as it is today; one that is not there any more goes by its name.
func (s *Server) memberToday(ctx context.Context, c *change, name string) (*riskv1.Incumbent, error) {
	member, err := s.positions.Around(ctx, c.Tx, name, c.Units())
	if fault.IsNotFound(err) {
		return &riskv1.Incumbent{Title: name}, nil
	}
	if err != nil {
		return nil, err
	}
	return positions.IncumbentOn(member.Record, c.Today()), nil
}

// seated adds to the members who else holds a position of the kind's ranks at the unit on a day: nobody is left out by not being
// named.
func seated(ctx context.Context, c *change, kind *riskv1.DecisionKind, day calendar.Date) error {
	ranks := kind.GetMemberRanks()
	if len(ranks) == 0 {
		ranks = kind.GetLastRanks()
	}
	path, err := c.ActingPath(ctx, c.UnitPath)
	if err != nil {
		return err
	}
	rows, err := db.New(c).HeldSeats(ctx, db.HeldSeatsParams{Unit: path, Ranks: ranks, Day: day.String()})
	if err != nil {
		return err
	}
	for _, row := range rows {
		position, err := document.Decode[*riskv1.Position](row.Body)
		if err != nil {
			return err
		}
		rank, _ := positions.RankOn(position, day)
		name := resource.Sharded(resource.Positions, row.Region, row.Key)
		if slices.Contains(ranks, rank) && !slices.Contains(c.Record.GetMembers(), name) {
			c.Record.Members = append(c.Record.Members, name)
		}
	}
	return nil
}
