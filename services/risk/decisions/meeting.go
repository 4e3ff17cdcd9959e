package decisions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/owed"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
)

// DecideDecision records the meeting, counts its result and has what was adopted be carried out and filed.
func (s *Server) DecideDecision(ctx context.Context, req *riskv1.DecideDecisionRequest) (*riskv1.Decision, error) {
	days, err := s.calendar(ctx)
	if err != nil {
		return nil, err
	}
	return s.decisions.Act(ctx, req, decideAct, func(ctx context.Context, c *change) error {
		scheme, err := schemeOf(ctx, c)
		if err != nil {
			return err
		}
		kind, _ := schemes.Find(scheme.GetDecisionKinds(), c.Record.GetKind())
		if err := requirePreparation(c, scheme, req.GetMeeting().GetHeldOn()); err != nil {
			return err
		}
		if err := s.hold(ctx, c, scheme, kind, proto.CloneOf(req.GetMeeting())); err != nil {
			return err
		}
		c.Record.DecideRemindOn = ""
		tally := c.Record.GetMeeting().GetTally()
		if tally.GetVotesFor() < tally.GetNeeded() {
			c.Record.State = rejected
			return nil
		}
		return s.adopt(ctx, c, kind, days)
	})
}

// hold checks a meeting, keeps its members as they were that day, and counts what they said.
func (s *Server) hold(
	ctx context.Context, c *change, scheme *riskv1.Scheme, kind *riskv1.DecisionKind, meeting *riskv1.DecisionMeeting,
) error {
	var faults fault.Fields
	entered := calendar.DateOf(c.Record.GetCreateTime().AsTime(), calendar.Shanghai)
	day, ok := faults.ParseDayBetween("meeting.held_on", meeting.GetHeldOn(), entered, c.Today())
	if !ok {
		return faults.Err()
	}
	err := seated(ctx, c, kind, day)
	if err != nil {
		return err
	}
	held := attendance{
		kind: kind, members: c.Record.GetMembers(),
		ranks: map[string]string{}, unfit: map[string]words.Sentence{}, incumbents: map[string]*riskv1.Incumbent{},
		seen: map[string]bool{},
	}
	for i, name := range c.Record.GetMembers() {
		// Who was in office that day took part, also where the position has ended since.
		member, err := collection.FindAround(ctx, s.positions, c, &faults, fmt.Sprintf("decision.members[%d]", i), name)
		if err != nil {
			return err
		}
		if member != nil {
			held.add(scheme, name, member.Record, day)
		}
	}
	if held.strangers, err = s.strangers(ctx, c, meeting, held.incumbents); err != nil {
		return err
	}
	held.seat(&faults, meeting)
	if err := faults.Err(); err != nil {
		return err
	}
	c.Record.Members = slices.DeleteFunc(c.Record.GetMembers(), held.isUnfit)
	persons := map[string]bool{}
	for _, name := range c.Record.GetMembers() {
		incumbent := held.incumbents[name]
		if incumbent.GetPerson() != "" {
			persons[incumbent.GetPerson()] = true
		}
		if !held.seen[name] && !held.seen[incumbent.GetPerson()] {
			meeting.Absent = append(meeting.Absent, incumbent)
		}
	}
	meeting.Tally = count(kind, int32(len(persons)-len(meeting.GetRecusals())), meeting.GetStatements())
	c.Record.Meeting = meeting
	if present := spoke(meeting.GetTally()); present < meeting.GetTally().GetQuorum() {
		quorum := strconv.Itoa(int(meeting.GetTally().GetQuorum()))
		return fault.Precondition(words.NoQuorum(strconv.Itoa(int(present)), quorum)).OnField("meeting.statements")
	}
	return nil
}

// attendance is who was in a meeting, by the positions of the members.
type attendance struct {
	kind       *riskv1.DecisionKind
	members    []string
	ranks      map[string]string
	unfit      map[string]words.Sentence // why these decide no such matters on that day
	incumbents map[string]*riskv1.Incumbent
	strangers  map[string]string // titles of positions that are named and no members
	seen       map[string]bool
}

// add adds a position as it was on a day.
func (a *attendance) add(scheme *riskv1.Scheme, name string, member *riskv1.Position, day calendar.Date) {
	rank, _ := positions.RankOn(member, day)
	a.ranks[name], a.incumbents[name] = rank, positions.IncumbentOn(member, day)
	switch ended := member.GetEndedOn(); {
	case ended != "" && ended < day.String():
		a.unfit[name] = words.PositionEnded(ended)
	case !decides(a.kind, rank):
		a.unfit[name] = words.MemberRank(rankTitle(scheme, rank))
	}
}

// strangers are the titles of positions that a meeting names and that are no members.
func (s *Server) strangers(
	ctx context.Context, c *change, meeting *riskv1.DecisionMeeting, members map[string]*riskv1.Incumbent,
) (map[string]string, error) {
	named := make([]string, 0, len(meeting.GetStatements())+len(meeting.GetRecusals())+len(meeting.GetAbsences()))
	for _, statement := range meeting.GetStatements() {
		named = append(named, statement.GetMember())
	}
	for _, recusal := range meeting.GetRecusals() {
		named = append(named, recusal.GetMember())
	}
	for _, absence := range meeting.GetAbsences() {
		named = append(named, absence.GetMember())
	}
	titles := map[string]string{}
	for _, name := range named {
		if members[name] != nil {
			continue
		}
		stranger, err := s.memberToday(ctx, c, name)
		if err != nil {
			return nil, err
		}
		titles[name] = stranger.GetTitle()
	}
	return titles, nil
}

// seat gives everybody who spoke or stepped aside the name of that day. It notes who is no member, comes twice, holds no position
// that day, or did not wait for all others, and who was to be last and is neither there nor excused.
func (a *attendance) seat(faults *fault.Fields, meeting *riskv1.DecisionMeeting) {
	last := a.lastOthers(meeting.GetStatements())
	for i, statement := range meeting.GetStatements() {
		at := fmt.Sprintf("meeting.statements[%d].member", i)
		statement.Incumbent = a.come(faults, at, meeting.GetHeldOn(), statement.GetMember())
		if i < last && a.speaksLast(statement.GetMember()) {
			faults.Add(at, words.SpeaksLast())
		}
	}
	for i, recusal := range meeting.GetRecusals() {
		at := fmt.Sprintf("meeting.recusals[%d].member", i)
		recusal.Incumbent = a.come(faults, at, meeting.GetHeldOn(), recusal.GetMember())
	}
	excused := attendance{unfit: a.unfit, incumbents: a.incumbents, strangers: a.strangers, seen: maps.Clone(a.seen)}
	for i, absence := range meeting.GetAbsences() {
		excused.come(faults, fmt.Sprintf("meeting.absences[%d].member", i), meeting.GetHeldOn(), absence.GetMember())
	}
	if len(*faults) > 0 {
		return // who is missing shows once the others are right
	}
	for _, member := range a.members {
		incumbent := a.incumbents[member]
		if person := incumbent.GetPerson(); person != "" && a.isHead(member) && !a.isUnfit(member) && !excused.seen[person] {
			faults.Add("meeting.statements", words.LastMissing(incumbent.GetTitle()))
		}
	}
}

// isUnfit tells whether a position that was named decides no such matters on that day.
func (a *attendance) isUnfit(member string) bool {
	_, unfit := a.unfit[member]
	return unfit
}

// isHead tells whether a member's position is one that speaks last.
func (a *attendance) isHead(member string) bool {
	return slices.Contains(a.kind.GetLastRanks(), a.ranks[member])
}

// speaksLast tells whether a member speaks last: who holds such a position does, also where they speak by another of theirs.
func (a *attendance) speaksLast(member string) bool {
	person := a.incumbents[member].GetPerson()
	return a.isHead(member) || person != "" && slices.ContainsFunc(a.members, func(other string) bool {
		return a.isHead(other) && a.incumbents[other].GetPerson() == person
	})
}

// lastOthers is where the last of those spoke who need not wait for the others.
func (a *attendance) lastOthers(statements []*riskv1.Statement) int {
	for i, statement := range slices.Backward(statements) {
		if !a.speaksLast(statement.GetMember()) {
			return i
		}
	}
	return 0
}

// come notes that a member is there; a person counts once, whatever positions are theirs.
func (a *attendance) come(faults *fault.Fields, at, day, member string) *riskv1.Incumbent {
	incumbent, ok := a.incumbents[member]
	switch person := incumbent.GetPerson(); {
	case !ok:
		faults.Add(at, words.NotAMember(a.strangers[member]))
	case a.isUnfit(member):
		faults.Add(at, a.unfit[member])
	case a.seen[member]:
		faults.Add(at, words.Duplicate(incumbent.GetTitle()))
	case person == "":
		faults.Add(at, words.Vacant(day))
	case a.seen[person]:
		faults.Add(at, words.SamePerson(person))
	default:
		a.seen[member], a.seen[person] = true, true
	}
	return incumbent
}

// adopt has a decision be carried out and, where its kind says so, filed; the decision that it takes the place of goes.
func (s *Server) adopt(ctx context.Context, c *change, kind *riskv1.DecisionKind, days *calendar.Calendar) error {
	var faults fault.Fields
	heldOn, err := calendar.ParseDate(c.Record.GetMeeting().GetHeldOn())
	if err != nil {
		return err
	}
	if c.Record.GetDueOn() < heldOn.String() {
		faults.Add("decision.due_on", words.NotBefore(heldOn.String())) // it would be overdue at once
	}
	executor, err := s.executor(ctx, c, &faults, heldOn)
	if err != nil {
		return err
	}
	if err := faults.Err(); err != nil {
		return err
	}
	c.Record.Executor = positions.IncumbentOn(executor.Record, heldOn)
	c.Record.ExecutorUnit = executor.Record.GetUnit()
	c.Tell(executor.Record.GetUnit(), words.InboxDecisionAdopted(c.Record.GetUnit(), c.Record.GetTitle(), c.Record.GetDueOn()))
	filed, err := s.supersede(ctx, c)
	if err != nil {
		return err
	}
	if err := s.execution.Plan(days)(ctx, c); err != nil {
		return err
	}
	rule := kind.GetFiling()
	if rule == nil || !filed && !asksFiling(rule, c.Record) {
		return nil // where the scheme files no more, the first decision's filing is not repeated
	}
	return s.filing.ToFile(days, heldOn, rule.GetLimit())(ctx, c)
}

// asksFiling tells whether a rule has a decision be filed upward: all of them where it names no grounds and no amount.
func asksFiling(rule *riskv1.FilingRule, d *riskv1.Decision) bool {
	if len(rule.GetGrounds()) == 0 && rule.GetMinAmount() == 0 {
		return true
	}
	return len(d.GetFilingGrounds()) > 0 || rule.GetMinAmount() > 0 && d.GetAmount() >= rule.GetMinAmount()
}

// supersede ends the decision that another takes the place of, and tells whether that one was to be filed: the body above then
// hears of this one as well.
func (s *Server) supersede(ctx context.Context, c *change) (filed bool, err error) {
	if c.Record.GetSupersedes() == "" {
		return false, nil
	}
	first := &riskv1.CancelDecisionRequest{Name: c.Record.GetSupersedes()}
	_, err = s.decisions.ActIn(ctx, c.Tx, first, supersedeAct, s.requireStanding, func(ctx context.Context, old *change) error {
		old.Record.SupersededBy, old.Record.FileRemindOn = c.Record.GetName(), ""
		owed.Stop(old.Record)
		filed = old.Record.GetFileBy() != ""
		says := words.InboxDecisionSuperseded(old.Record.GetTitle(), c.Record.GetTitle())
		old.Tell(old.Record.GetUnit(), says)
		if old.Before.GetState() == adopted {
			tellExecutor(old, says)
		}
		return s.fall(ctx, old)
	})
	return filed, err
}

// requireStanding refuses to supersede what is not open to that any more, and names what came first.
func (s *Server) requireStanding(ctx context.Context, old *change) error {
	const field = "decision.supersedes"
	if isSupersedable(old.Record) {
		return nil
	}
	if old.Record.GetState() != superseded {
		return fault.Invalid(field, words.NotSupersedable())
	}
	other, err := s.decisions.Find(ctx, old.Tx, old.Record.GetSupersededBy())
	if err != nil {
		return err
	}
	return fault.Precondition(words.SupersededBefore(old.Record.GetTitle(), other.Record.GetTitle())).OnField(field)
}

// isSupersedable tells whether another decision may take the place of one.
func isSupersedable(d *riskv1.Decision) bool {
	return d.GetState() == adopted || d.GetState() == rejected
}
