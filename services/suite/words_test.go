package suite_test

import (
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/assert"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/assessment/rounds"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/network/inquiries"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/network/training"
	"github.com/qingfeng-suite/qingfeng/services/risk/appointments"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns"
	"github.com/qingfeng-suite/qingfeng/services/risk/checks"
	"github.com/qingfeng-suite/qingfeng/services/risk/comments"
	"github.com/qingfeng-suite/qingfeng/services/risk/commitments"
	"github.com/qingfeng-suite/qingfeng/services/risk/controls"
	"github.com/qingfeng-suite/qingfeng/services/risk/decisions"
	"github.com/qingfeng-suite/qingfeng/services/risk/deficiencies"
	"github.com/qingfeng-suite/qingfeng/services/risk/openness"
	"github.com/qingfeng-suite/qingfeng/services/risk/polls"
	"github.com/qingfeng-suite/qingfeng/services/risk/positions"
	"github.com/qingfeng-suite/qingfeng/services/risk/powers"
	"github.com/qingfeng-suite/qingfeng/services/risk/problems"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/redos"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/rotations"
	"github.com/qingfeng-suite/qingfeng/services/warning/bulletins"
	"github.com/qingfeng-suite/qingfeng/services/warning/caseleads"
	"github.com/qingfeng-suite/qingfeng/services/warning/findings"
	"github.com/qingfeng-suite/qingfeng/services/warning/referrals"
	"github.com/qingfeng-suite/qingfeng/services/warning/studies"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

func TestEveryRuleOfTheProtosHasASentence(t *testing.T) {
	t.Parallel()
	rules, keys := protoRules(), words.Keys("")
	for rule := range rules {
		assert.Contains(t, keys, rule)
		says := words.Sentence{Key: rule, Args: []string{"value", "1", "least", "1", "most", "1", "known", "1"}}
		assert.NotContains(t, says.In(words.Chinese), "{", rule)
	}
}

func TestEveryIdentifierHasAWord(t *testing.T) {
	t.Parallel()
	var found []string
	for _, prefix := range []string{"act.", "level.", "permission.", "state.", "type."} {
		found = append(found, words.Keys(prefix)...)
	}
	wanted := terms()
	slices.Sort(wanted)
	assert.Equal(t, slices.Compact(wanted), found)
}

func TestReasonsInCapitalsAreThoseOfTheEnum(t *testing.T) {
	t.Parallel()
	var reasons, said []string
	for reason, number := range typev1.Reason_value {
		if number != 0 {
			reasons = append(reasons, reason)
		}
	}
	for _, key := range words.Keys("") {
		if key == strings.ToUpper(key) {
			said = append(said, key)
		}
	}
	assert.ElementsMatch(t, reasons, said)
}

// terms are the keys of all words for states, acts, levels, permissions and types of officers and of items of reports.
func terms() []string {
	all := slices.Concat(
		ofTable(tips.Lifecycle), ofTable(inquiries.Lifecycle), ofTable(reports.Lifecycle), ofTable(officers.Lifecycle),
		ofTable(training.Lifecycle), ofTable(powers.Lifecycle), ofTable(riskpoints.Lifecycle), ofTable(redos.Lifecycle),
		ofTable(problems.Lifecycle), ofTable(publications.Lifecycle), ofTable(openness.Lifecycle), ofTable(comments.Lifecycle),
		ofTable(commitments.Lifecycle), ofTable(positions.Lifecycle), ofTable(controls.Lifecycle), ofTable(rotations.Lifecycle),
		ofTable(deficiencies.Lifecycle),
		ofTable(campaigns.Lifecycle),
		ofTable(checks.Lifecycle),
		ofTable(decisions.Lifecycle),
		ofTable(appointments.Lifecycle),
		ofTable(polls.Lifecycle),
		ofTable(warnings.Lifecycle), ofTable(bulletins.Lifecycle), ofTable(bulletins.ReceiptLifecycle), ofTable(referrals.Lifecycle), ofTable(caseleads.Lifecycle),
		ofTable(studies.Lifecycle), ofTable(studies.InvitationLifecycle),
		ofTable(findings.Lifecycle),
		ofTable(rounds.Lifecycle),
		[]string{"act.create", "act.change", "act.disband", "act.–"}) // of a delegation, and no act at all
	for value, name := range typev1.Level_name {
		if value != 0 {
			all = append(all, "level."+name)
		}
	}
	types := (&networkv1.ReportItem{}).ProtoReflect().Descriptor().Oneofs().ByName("type").Fields()
	for i := range types.Len() {
		all = append(all, "type."+string(types.Get(i).Name()))
	}
	for value, name := range networkv1.OfficerType_name {
		if value != 0 {
			all = append(all, "type."+name)
		}
	}
	for _, method := range accessv1.Methods() {
		if rule, err := accessv1.Of(method); err == nil && rule.GetPermission() != "" {
			all = append(all, "permission."+rule.GetPermission())
		}
	}
	return all
}

func ofTable[S lifecycle.State](table lifecycle.Table[S]) []string {
	var keys []string
	for _, tr := range table.Transitions {
		keys = append(keys, "state."+tr.From.String(), "state."+tr.To.String(), "act."+string(tr.Act))
	}
	return keys
}

// protoRules are the ids of all protovalidate rules in the suite's protos.
func protoRules() map[string]bool {
	ids := map[string]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if strings.HasPrefix(string(file.Package()), "qingfeng.") {
			messageRules(file.Messages(), ids)
		}
		return true
	})
	return ids
}

func messageRules(messages protoreflect.MessageDescriptors, ids map[string]bool) {
	for i := range messages.Len() {
		m := messages.Get(i)
		if rules, ok := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules); ok {
			celRules(rules.GetCel(), ids)
		}
		for j := range m.Fields().Len() {
			if rules, ok := proto.GetExtension(m.Fields().Get(j).Options(), validate.E_Field).(*validate.FieldRules); ok &&
				rules != nil {
				fieldRules(rules.ProtoReflect(), ids)
			}
		}
		messageRules(m.Messages(), ids)
	}
}

func celRules(rules []*validate.Rule, ids map[string]bool) {
	for _, rule := range rules {
		ids[rule.GetId()] = true
	}
}

// fieldRules notes the rules that are set in a FieldRules message, those of items, keys and values included.
func fieldRules(rules protoreflect.Message, ids map[string]bool) {
	if own, ok := rules.Interface().(*validate.FieldRules); ok {
		celRules(own.GetCel(), ids)
	}
	rules.Range(func(kind protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if kind.ContainingOneof() != nil && kind.ContainingOneof().Name() == "type" {
			typeRules(string(kind.Name()), value.Message(), ids)
		}
		return true
	})
}

// typeRules notes rules such as int32.gte; two bounds are one rule, "int32.gte_lte".
func typeRules(kind string, rules protoreflect.Message, ids map[string]bool) {
	var low, high string
	rules.Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch name := string(rule.Name()); {
		case name == "items" || name == "keys" || name == "values":
			fieldRules(value.Message(), ids)
		case name == "gt" || name == "gte":
			low = name
		case name == "lt" || name == "lte":
			high = name
		case name == "uuid":
			ids[kind+".uuid"], ids[kind+".uuid_empty"] = true, true
		case name != "example" && name != "person": // which refuses nothing
			ids[kind+"."+name] = true
		}
		return true
	})
	if low+high != "" {
		ids[kind+"."+strings.Trim(low+"_"+high, "_")] = true
	}
}
