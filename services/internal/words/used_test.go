package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

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
	"github.com/qingfeng-suite/qingfeng/services/risk/points"
	"github.com/qingfeng-suite/qingfeng/services/warning/warnings"
)

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// TestCatalogueHasExactlyTheKeysInUse fails on a key that code or protos use and words.yaml lacks, on one that nobody
// uses, and on a sentence whose placeholders its user does not fill.
func TestCatalogueHasExactlyTheKeysInUse(t *testing.T) {
	t.Parallel()
	said := map[string][]use{}
	for rule := range protoRules() {
		said[rule] = append(said[rule], use{where: "protos", args: []string{"value", "least", "most"}})
	}
	readCode(t, said)
	readGateway(t, said)
	for _, word := range terms() {
		said[word] = append(said[word], use{where: "a table or an enum"})
	}
	text, err := os.ReadFile("../../../gateway/words/words.yaml")
	require.NoError(t, err)
	var catalogue map[string]map[string]string
	require.NoError(t, yaml.Unmarshal(text, &catalogue))
	for key, uses := range said {
		sentence, ok := catalogue[key]
		if !assert.True(t, ok, "%q has no sentence; used in %s", key, uses[0].where) {
			continue
		}
		for _, u := range uses {
			for _, wanted := range placeholder.FindAllStringSubmatch(sentence["zh"]+sentence["en"], -1) {
				if !u.spread {
					assert.Contains(t, u.args, wanted[1], "%q in %s", key, u.where)
				}
			}
		}
	}
	for key := range catalogue {
		assert.NotEmpty(t, said[key], "nobody says %q", key)
		if key == strings.ToUpper(key) {
			assert.Contains(t, typev1.Reason_value, key, "a reason is a value of the enum")
		}
	}
	for reason := range typev1.Reason_value {
		assert.True(t, catalogue[reason] != nil || reason == typev1.Reason_REASON_UNSPECIFIED.String(), "%s has no sentence",
			reason)
	}
}

// terms are the keys of all words for states, acts, levels, permissions and types of officers and of items of reports. The acts
// of a delegation are read from the code.
func terms() []string {
	all := slices.Concat(
		ofTable(tips.Lifecycle), ofTable(inquiries.Lifecycle), ofTable(reports.Lifecycle), ofTable(officers.Lifecycle),
		ofTable(training.Lifecycle), ofTable(points.Lifecycle), ofTable(warnings.Lifecycle), ofTable(rounds.Lifecycle),
		[]string{"act.–"})
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

// use is one place that says a sentence.
type use struct {
	where  string
	args   []string // names of the placeholders it fills
	spread bool     // it fills them from a variable
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
		case name != "example":
			ids[kind+"."+name] = true
		}
		return true
	})
	if low+high != "" {
		ids[kind+"."+strings.Trim(low+"_"+high, "_")] = true
	}
}

// shape says which arguments of a call are the key and the first placeholder.
type shape struct{ key, args int }

var shapes = map[string]shape{
	"fault.Denied": {0, 1}, "fault.Precondition": {0, 1}, "fault.Unauthenticated": {0, 1}, "fault.Invalid": {1, 2},
	".Add": {1, 2}, ".Sentence": {1, 3},
}

// readCode notes what the hand-written code of the services says.
func readCode(t *testing.T, said map[string][]use) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			readNode(path, node, said)
			return true
		})
		return nil
	})
	require.NoError(t, err)
}

// gatewayReason is a reason of the gateway's own errors; the gateway's tests see that their sentences are filled in.
var gatewayReason = regexp.MustCompile(`\treason\w+ += "([A-Z_]+)"`)

// readGateway notes what the gateway says.
func readGateway(t *testing.T, said map[string][]use) {
	t.Helper()
	const file = "../../../gateway/fault.go"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	found := gatewayReason.FindAllStringSubmatch(string(text), -1)
	require.Greater(t, len(found), 10)
	for _, reason := range append(found, []string{"", "gateway.internal"}) {
		said[reason[1]] = append(said[reason[1]], use{where: file, spread: true})
	}
}

func readNode(path string, node ast.Node, said map[string][]use) {
	switch n := node.(type) {
	case *ast.CallExpr:
		s, ok := shapes[callee(n)]
		if !ok || len(n.Args) <= s.key {
			return
		}
		if key := literal(n.Args[s.key]); key != "" && (callee(n) != ".Add" || len(n.Args) >= 2) {
			said[key] = append(said[key], use{where: path, args: names(n.Args[s.args:]), spread: n.Ellipsis.IsValid()})
		}
	case *ast.CompositeLit:
		readFault(path, n, said)
		if of, ok := n.Type.(*ast.Ident); ok && of.Name == "treeAction" {
			key := "act." + literal(n.Elts[0])
			said[key] = append(said[key], use{where: path})
		}
	}
}

// readFault reads fault.Fault{Reason: …}, fault.Field{Rule: …} and inbox.Message{Kind: …}.
func readFault(path string, n *ast.CompositeLit, said map[string][]use) {
	key, args, spread := "", []string(nil), false
	for _, element := range n.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			return
		}
		name, _ := pair.Key.(*ast.Ident)
		switch {
		case name == nil:
			return
		case name.Name == "Reason" || name.Name == "Rule":
			key = literal(pair.Value)
		case name.Name == "Kind" && strings.HasPrefix(literal(pair.Value), inboxKeys):
			key = literal(pair.Value)
		case name.Name == "Args":
			list, ok := pair.Value.(*ast.CompositeLit)
			if spread = !ok; ok {
				args = names(list.Elts)
			}
		}
	}
	if key != "" && (isFault(n.Type) || strings.HasPrefix(key, inboxKeys)) {
		said[key] = append(said[key], use{where: path, args: args, spread: spread})
	}
}

// inboxKeys begins every key that the Kind of an inbox.Message may be. By it such a message is known also where a list of
// them leaves out the type.
const inboxKeys = "inbox."

// isFault tells whether a type is Fault or Field.
func isFault(of ast.Expr) bool {
	if selected, ok := of.(*ast.SelectorExpr); ok {
		of = selected.Sel
	}
	name, ok := of.(*ast.Ident)
	return ok && (name.Name == "Fault" || name.Name == "Field")
}

// callee is "fault.Denied" for functions of package fault, "fault." left out within it, and ".Add" for methods of that name.
func callee(call *ast.CallExpr) string {
	selected, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if of, ok := selected.X.(*ast.Ident); ok && of.Name == "fault" {
		return "fault." + selected.Sel.Name
	}
	return "." + selected.Sel.Name
}

func literal(e ast.Expr) string {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(basic.Value)
	return text
}

// names are the literals at every other place.
func names(args []ast.Expr) []string {
	var found []string
	for i := 0; i < len(args); i += 2 {
		found = append(found, literal(args[i]))
	}
	return found
}
