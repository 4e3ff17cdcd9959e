package campaigns

import (
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// verdictColumns are those of verdict.
var verdictColumns = []string{"verdict", "verdict_reason", "checked_on"}

// verdict is what the last look at what was done came to, why, and on which day; empty where nobody has looked.
func (e *export) verdict(looked, good bool, reason, day string) []string {
	switch {
	case !looked:
		return []string{"", "", ""}
	case good:
		return []string{words.PrintVerdictGood().In(e.lang), reason, day}
	default:
		return []string{words.PrintVerdictBad().In(e.lang), reason, day}
	}
}

// last is the last of some looks; nil where there was none.
func last[T any](all []*T) *T {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func (e *export) controls() kind[*riskv1.Control] {
	return kind[*riskv1.Control]{
		collection: resource.Controls, path: "controls", attached: true,
		columns: append([]string{
			"state", "risk_point", "description", "grade", "control_stage", "form", "measure", "duty", "period_from",
			"period_until", "owner", "due_on", "done_on", "result", "reason",
		}, verdictColumns...),
		cells: func(c *riskv1.Control) []string {
			check := last(c.GetChecks())
			return append([]string{
				e.stateOf(c.GetState()), c.GetRiskPoint(), c.GetRiskPointTitle(),
				e.in(schemes.TitleIn(e.scheme.GetGrades(), c.GetGrade())),
				e.in(schemes.TitleIn(e.scheme.GetControlStages(), c.GetControlStage())),
				e.in(schemes.TitleIn(e.scheme.GetControlForms(), c.GetForm())), c.GetMeasure(),
				e.in(schemes.TitleOf("", c.GetDutyTitle())), c.GetPeriodFrom(), c.GetPeriodUntil(), c.GetOwner().GetTitle(),
				c.GetDueOn(), c.GetDoneOn(), c.GetResult(), c.GetCancelReason(),
			}, e.verdict(check != nil, check.GetEffective(), check.GetReason(), check.GetCheckedOn())...)
		},
	}
}

func (e *export) commitments() kind[*riskv1.Commitment] {
	return kind[*riskv1.Commitment]{
		collection: resource.Commitments, path: "commitments",
		columns: []string{
			"state", "year", "title", "position", "holder", "counterpart", "due_on", "signed_on", "lapsed_on", "reason",
		},
		cells: func(c *riskv1.Commitment) []string {
			of := c.GetContent()
			return []string{
				e.stateOf(c.GetState()), strconv.Itoa(int(of.GetYear())), e.in(schemes.TitleOf("", of.GetTitle())),
				of.GetMaker().GetTitle(), of.GetMaker().GetPerson(), e.post(c.GetCounterSignature().GetSigner()), c.GetDueOn(),
				c.GetSignedOn(), c.GetLapsedOn(), c.GetCancelReason(),
			}
		},
	}
}

// post is a position with who held it.
func (e *export) post(of *riskv1.Incumbent) string {
	if of.GetPerson() == "" {
		return of.GetTitle()
	}
	return words.PrintHolder(of.GetTitle(), of.GetPerson()).In(e.lang)
}

func (e *export) redos() kind[*riskv1.Redo] {
	return kind[*riskv1.Redo]{
		collection: resource.Redos, path: "redos",
		columns: []string{
			"state", "ordered_by", "reason", "returned_points", "transferred_points", "retired_points", "due_on", "done_on",
			"search_outcome", "withdraw_reason",
		},
		cells: func(r *riskv1.Redo) []string {
			return []string{
				e.stateOf(r.GetState()), e.titleOf(r.GetOrderedBy()), r.GetReason(), number(r.GetReturnedPoints()),
				number(r.GetTransferredPoints()), number(r.GetRetiredPoints()), r.GetDueOn(), r.GetDoneOn(), r.GetOutcome(),
				r.GetWithdrawReason(),
			}
		},
	}
}

func (e *export) problems() kind[*riskv1.CommonProblem] {
	return kind[*riskv1.CommonProblem]{
		collection: resource.CommonProblems, path: "common-problems",
		columns: []string{
			"state", "title", "description", "problem", "seen_in", "cause", "countermeasure", "studied_on", "withdraw_reason",
		},
		cells: func(p *riskv1.CommonProblem) []string {
			units := make([]words.Title, len(p.GetSeenIn()))
			for i, name := range p.GetSeenIn() {
				units[i] = words.Named(name, e.titleOf(name))
			}
			return []string{
				e.stateOf(p.GetState()), p.GetTitle(), p.GetDescription(),
				e.in(schemes.TitleIn(e.scheme.GetProblems(), p.GetProblem())), e.in(words.List(units...)),
				p.GetStudy().GetCause(), p.GetStudy().GetCountermeasure(), p.GetStudiedOn(), p.GetWithdrawReason(),
			}
		},
	}
}

func (e *export) deficiencies() kind[*riskv1.Deficiency] {
	return kind[*riskv1.Deficiency]{
		collection: resource.Deficiencies, path: "deficiencies", attached: true,
		columns: append([]string{
			"state", "kind", "text", "found_by", "owner", "due_on", "corrected_on", "correction", "filed_on", "withdraw_reason",
		}, verdictColumns...),
		cells: func(d *riskv1.Deficiency) []string {
			check := last(d.GetChecks())
			return append([]string{
				e.stateOf(d.GetState()), e.in(schemes.TitleIn(e.scheme.GetDeficiencyKinds(), d.GetKind())), d.GetText(),
				e.titleOf(d.GetFoundBy()), d.GetOwner().GetTitle(), d.GetDueOn(), d.GetCorrectedOn(), d.GetCorrection(),
				d.GetFiledOn(), d.GetWithdrawReason(),
			}, e.verdict(check != nil, check.GetConfirmed(), check.GetReason(), check.GetCheckedOn())...)
		},
	}
}

func (e *export) comments() kind[*riskv1.Comment] {
	return kind[*riskv1.Comment]{
		collection: resource.Comments, path: "comments",
		columns: []string{
			"state", "publication", "publication_title", "entry", "entry_title", "about_unit", "medium", "source", "text",
			"received_on", "due_on", "answered_on", "answer", "regraded_to", "no_regrade_reason", "withdraw_reason",
		},
		cells: func(c *riskv1.Comment) []string {
			return []string{
				e.stateOf(c.GetState()), c.GetPublication(), c.GetPublicationTitle(), c.GetEntry(), c.GetEntryTitle(),
				e.titleOf(c.GetAboutUnit()), e.in(schemes.TitleIn(e.scheme.GetCommentMedia(), c.GetMedium())), c.GetSource(),
				c.GetText(), c.GetReceivedOn(), c.GetDueOn(), c.GetAnsweredOn(), c.GetAnswer(),
				e.in(schemes.TitleIn(e.scheme.GetGrades(), c.GetRegradedTo())), c.GetNoRegradeReason(), c.GetWithdrawReason(),
			}
		},
	}
}
