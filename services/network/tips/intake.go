package tips

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// SubmitTip takes a tip in and gives its receipt (C8, X1). Tips that come in at the same time are stored together.
func (s *Server) SubmitTip(ctx context.Context, req *networkv1.SubmitTipRequest) (*networkv1.SubmitTipResponse, error) {
	return routed(ctx, s, func(r *router) (*networkv1.SubmitTipResponse, error) {
		return record.Join(ctx, s.intake, req, func(ctx context.Context) (groupPart, error) { return r.take(ctx, req) })
	})
}

// take checks what somebody sends and makes the tip of it. The request stays as it came: it may be routed anew.
func (r *router) take(ctx context.Context, req *networkv1.SubmitTipRequest) (groupPart, error) {
	content := proto.CloneOf(req.GetContent())
	about, err := r.concerned(ctx, "content.unit", content.GetUnit())
	if err != nil {
		return groupPart{}, err
	}
	if err := r.checkContent(ctx, about, content); err != nil {
		return groupPart{}, err
	}
	content.AboutLeaders = isAboutLeaders(about, content)
	named, err := r.unitsNamed(ctx, about, content.GetPosition())
	if err != nil {
		return groupPart{}, err
	}
	handler, err := r.route(ctx, about, destination{
		recipient: req.GetRecipient(), fallback: about.GetParent(), named: named,
		skipConcerned: content.GetAboutLeaders() || isAboutOwn(access.PrincipalOf(ctx).Unit, about),
	})
	if err != nil {
		return groupPart{}, err
	}
	source, err := r.server.sealSource(ctx)
	if err != nil {
		return groupPart{}, err
	}
	tip := &networkv1.Tip{Content: content, SourceRoles: rolesOf(access.OfficerOf(ctx)), UnitsNamed: named}
	if tip.SendingUnit, err = sendingUnit(ctx, req, tip); err != nil {
		return groupPart{}, err
	}
	t, receipt, err := r.prepare(ctx, tip, about.Unit, handler, source, r.day)
	return groupPart{
		Row: t, Entries: []record.Entry{t.entry()},
		Response: &networkv1.SubmitTipResponse{
			Receipt: receipt, State: tip.GetState(), ReceiveTime: tip.GetReceiveTime(), Successor: about.successor.GetName(),
			Recipient: replacing(req.GetRecipient(), handler),
		},
	}, err
}

// replacing is the unit that a tip goes to, where somebody else was named.
func replacing(named string, handler *networkv1.Unit) string {
	if named == "" || named == handler.GetName() {
		return ""
	}
	return handler.GetName()
}

// sendingUnit is the unit that a tip is sent for, if any: the sender's, where they say so or their role does (H6). What concerns
// its own leaders no unit sends.
func sendingUnit(ctx context.Context, req *networkv1.SubmitTipRequest, tip *networkv1.Tip) (string, error) {
	unit := access.PrincipalOf(ctx).Unit
	ownLeaders := isAboutLeadersOf(unit, tip)
	switch {
	case req.GetForUnit() && ownLeaders:
		return "", fault.Invalid("for_unit", words.OwnLeaders())
	case req.GetForUnit(), req.ForUnit == nil && access.SendsForUnit(ctx) && !ownLeaders:
		return unit, nil
	default:
		return "", nil
	}
}

// groupPart is a taken tip on its way into the group that stores it.
type groupPart = record.Part[preparedTip, *networkv1.SubmitTipResponse]

func (s *Server) sealSource(ctx context.Context) ([]byte, error) {
	caller := access.PrincipalOf(ctx)
	return s.seal(map[string]string{"subject": caller.Subject, "officer": caller.Officer, "unit": caller.Unit})
}

// seal seals what is known of who sent a tip, as JSON.
func (s *Server) seal(source map[string]string) ([]byte, error) {
	plain, err := json.Marshal(source)
	if err != nil {
		return nil, err
	}
	return s.sealer.Seal(plain)
}

// checkContent checks what a tip says against the scheme that holds for the unit it is about.
func (r *router) checkContent(ctx context.Context, about concernedUnit, content *networkv1.TipContent) error {
	scheme, err := r.scheme(ctx, about)
	if err != nil {
		return err
	}
	var faults fault.Fields
	checkFields(&faults, scheme, content, r.day)
	return faults.Err()
}

// rolesOf are the other roles by which what an officer sends is sorted (C4), always in one order.
func rolesOf(officer *networkv1.Officer) []string {
	return slices.Sorted(slices.Values(officer.GetOtherRoles()))
}

// checkFields notes what is wrong with a tip that says what happened until a day.
func checkFields(faults *fault.Fields, scheme *networkv1.Scheme, content *networkv1.TipContent, until calendar.Date) {
	schemes.CheckKnown(faults, "content.subject_area", content.GetSubjectArea(), scheme.GetSubjectAreas())
	schemes.CheckKnown(faults, "content.channel", content.GetChannel(), scheme.GetChannels())
	if content.GetOccurredOn() != "" {
		faults.ParsePastDay("content.occurred_on", content.GetOccurredOn(), until)
	}
}

func checkCriteria(scheme *networkv1.Scheme, field string, criteria []string) error {
	var faults fault.Fields
	schemes.CheckAllKnown(&faults, field, criteria, scheme.GetQualityCriteria())
	return faults.Err()
}

func checkOutcome(scheme *networkv1.Scheme, outcome string) error {
	var faults fault.Fields
	schemes.CheckKnown(&faults, "outcome", outcome, scheme.GetOutcomes())
	return faults.Err()
}

// FollowTip tells the holder of a receipt how the tip stands (X1); a duplicate stands as the tip it is the same as.
func (s *Server) FollowTip(ctx context.Context, req *networkv1.FollowTipRequest) (*networkv1.FollowTipResponse, error) {
	tip, _, err := ByReceipt(ctx, s.store, req.GetReceipt())
	if err != nil {
		return nil, err
	}
	matter, err := s.followedTip(ctx, tip)
	if err != nil {
		return nil, err
	}
	outcome, err := s.outcomeTitle(ctx, matter)
	if err != nil {
		return nil, err
	}
	return &networkv1.FollowTipResponse{
		State: matter.GetState(), ReceiveTime: tip.GetReceiveTime(), Returns: tip.GetReturns(),
		Outcome: matter.GetOutcome(), OutcomeTitle: outcome, ClosingReason: matter.GetClosingReason(),
		Duplicate: tip.GetDuplicateOf() != "", Questions: shownQuestions(tip),
	}, nil
}

// outcomeTitle is what the scheme of the unit that handled a tip calls its outcome today; nil where there is none.
func (s *Server) outcomeTitle(ctx context.Context, tip *networkv1.Tip) (*typev1.Text, error) {
	if tip.GetOutcome() == "" {
		return nil, nil
	}
	unit, err := access.UnitEver(ctx, s.directory, tip.GetHandlingUnit())
	if err != nil {
		return nil, err
	}
	scheme, err := s.handlingScheme(ctx, s.store, unit)
	outcome, _ := schemes.Find(scheme.GetOutcomes(), tip.GetOutcome())
	return outcome.GetTitle(), err
}

// ResubmitTip takes a returned tip again (H8). Whom it is about stays, so that it can't change hands on the way.
func (s *Server) ResubmitTip(ctx context.Context, req *networkv1.ResubmitTipRequest) (*networkv1.ResubmitTipResponse, error) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.ResubmitTipResponse, error) {
		tip, row, err := lockByReceipt(ctx, tx, req.GetReceipt(), "resubmit")
		if err != nil {
			return nil, err
		}
		handler, err := s.handlingUnit(ctx, tx, row.HandlingPath)
		if err != nil {
			return nil, err
		}
		tip.Returns[len(tip.GetReturns())-1].ResubmitTime = timestamppb.New(tx.Now())
		first := tip.GetContent()
		if err := s.checkResubmission(ctx, tx, row.UnitPath, tip, req.GetContent()); err != nil {
			return nil, err
		}
		tip.Content = req.GetContent()
		tip.Content.Position, tip.Content.AboutLeaders = first.GetPosition(), first.GetAboutLeaders()
		if err := requireChanged(ctx, tx, tip, first); err != nil {
			return nil, err
		}
		scheme, err := s.restartAcceptLimit(ctx, tx, tip, handler)
		if err != nil {
			return nil, err
		}
		if err := s.notifyNewlyUrgent(ctx, tx, tip, first, handler, scheme); err != nil {
			return nil, err
		}
		return &networkv1.ResubmitTipResponse{State: tip.GetState()}, saveTip(ctx, tx, tip, row, row.HandlingPath, false)
	})
}

// requireChanged refuses a tip that comes again and reads as it did before, without a further file.
func requireChanged(ctx context.Context, tx *record.Tx, tip *networkv1.Tip, first *networkv1.TipContent) error {
	if !proto.Equal(asRead(tip.GetContent()), asRead(first)) {
		return nil
	}
	last := tip.GetReturns()[len(tip.GetReturns())-1]
	files, err := attachments.Count(ctx, tx, tip.GetName())
	if err == nil && files <= last.GetFiles() {
		return fault.Precondition(words.ReturnedUnchanged(last.GetReason()))
	}
	return err
}

// asRead is what a tip says, as people read it, however it is spaced and punctuated.
func asRead(content *networkv1.TipContent) *networkv1.TipContent {
	read := proto.CloneOf(content)
	read.Title, read.Body = prose.Gist(content.GetTitle()), prose.Gist(content.GetBody())
	return read
}

// checkResubmission checks what a tip is to say that came before, about a unit with this path, which may have ended since.
func (s *Server) checkResubmission(
	ctx context.Context, tx *record.Tx, path string, tip *networkv1.Tip, content *networkv1.TipContent,
) error {
	scheme, today := &networkv1.Scheme{}, clock.Today(s.store.Clock)
	if err := schemes.Effective(ctx, tx, strings.Split(path, "."), today, scheme); err != nil {
		return err
	}
	var faults fault.Fields
	checkFields(&faults, scheme, content, today)
	checkSameMatter(&faults, scheme, tip, content)
	return faults.Err()
}

// checkSameMatter notes what makes another tip of one that comes again. A position left out and about_leaders left out stay as
// they were: staff may have written the one, and the server set the other.
func checkSameMatter(faults *fault.Fields, scheme *networkv1.Scheme, tip *networkv1.Tip, content *networkv1.TipContent) {
	first := tip.GetContent()
	if content.GetUnit() != first.GetUnit() {
		faults.Add("content.unit", words.OtherMatter())
	}
	if content.GetPosition() != "" && content.GetPosition() != first.GetPosition() {
		faults.Add("content.position", words.OtherMatter())
	}
	if content.GetAboutLeaders() && !first.GetAboutLeaders() {
		faults.Add("content.about_leaders", words.OtherMatter())
	}
	// What staff entered keeps the channel by which it came, with all that the scheme asks of that channel.
	if channel := first.GetChannel(); tip.GetRegistration() != nil && content.GetChannel() != channel {
		faults.Add("content.channel", words.FirstChannel(schemes.TitleIn(scheme.GetChannels(), channel)))
	}
}
