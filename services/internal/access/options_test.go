package access_test

import (
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	_ "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// methods calls check for every RPC of the suite, in a subtest of its own.
func methods(t *testing.T, check func(t *testing.T, service string, method protoreflect.MethodDescriptor, rule *access.Rule)) {
	t.Helper()
	all := accessv1.Methods()
	require.Greater(t, len(all), 50, "the services' generated code is imported")
	for _, method := range all {
		t.Run(string(method.FullName()), func(t *testing.T) {
			t.Parallel()
			rule, err := access.NewRule(method)
			require.NoError(t, err)
			service := strings.TrimPrefix(string(method.ParentFile().Package()), "qingfeng.")
			check(t, strings.TrimSuffix(service, ".v1"), method, rule)
		})
	}
}

func TestEveryPermissionBeginsWithItsService(t *testing.T) {
	t.Parallel()
	methods(t, func(t *testing.T, service string, _ protoreflect.MethodDescriptor, rule *access.Rule) {
		t.Helper()
		if rule.GetPermission() != "" {
			assert.Regexp(t, `^`+service+`(\.[a-z_]+){1,2}$`, rule.GetPermission())
		}
	})
}

func TestEveryChangeTakesARequestID(t *testing.T) {
	t.Parallel()
	methods(t, func(t *testing.T, _ string, method protoreflect.MethodDescriptor, rule *access.Rule) {
		t.Helper()
		field := method.Input().Fields().ByName("request_id")
		if audit := rule.GetAudit(); audit == accessv1.Audit_AUDIT_NONE || audit == accessv1.Audit_AUDIT_READING {
			assert.Nil(t, field, "a reading needs no request id")
			return
		}
		require.NotNil(t, field)
		assert.True(t, rules(field).GetString().GetUuid())
	})
}

func TestEveryUnitFieldIsARequiredResourceName(t *testing.T) {
	t.Parallel()
	methods(t, func(t *testing.T, _ string, method protoreflect.MethodDescriptor, rule *access.Rule) {
		t.Helper()
		if rule.GetScope() != accessv1.Scope_SCOPE_UNIT {
			return
		}
		message := method.Input()
		for name := range strings.SplitSeq(rule.GetUnitField(), ".") {
			field := message.Fields().ByTextName(name)
			require.NotNil(t, field)
			assert.True(t, fieldbehavior.Has(field, annotations.FieldBehavior_REQUIRED), "%s must be required", name)
			if message = field.Message(); message == nil {
				assert.Equal(t, "units", proto.GetExtension(rules(field).GetString(), typev1.E_Resource))
			}
		}
	})
}

func TestCallsBetweenServicesRunOneWay(t *testing.T) {
	t.Parallel()
	below := []string{"network", "risk", "warning", "assessment"} // each calls only those before it
	methods(t, func(t *testing.T, service string, _ protoreflect.MethodDescriptor, rule *access.Rule) {
		t.Helper()
		for _, caller := range rule.GetServices() {
			require.Contains(t, below, caller)
			assert.Greater(t, strings.Index(strings.Join(below, " "), caller), strings.Index(strings.Join(below, " "), service))
		}
	})
}

// complete is an option that needs no defaults.
func complete() *accessv1.Access {
	return &accessv1.Access{
		Permission: "network.tips.read", Highest: typev1.Level_LEVEL_PROVINCE, Lowest: typev1.Level_LEVEL_COUNTY,
		Scope: accessv1.Scope_SCOPE_UNIT, UnitField: "unit", Audit: accessv1.Audit_AUDIT_NONE,
	}
}

func TestAFaultyOptionIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*accessv1.Access){
		"no scope":                        func(a *accessv1.Access) { a.Scope = 0 },
		"no audit class":                  func(a *accessv1.Access) { a.Audit = 0 },
		"no level":                        func(a *accessv1.Access) { a.Highest = 0 },
		"levels upside down":              func(a *accessv1.Access) { a.Lowest = typev1.Level_LEVEL_PROVINCE; a.Highest = typev1.Level_LEVEL_CITY },
		"no permission":                   func(a *accessv1.Access) { a.Permission = "" },
		"a service without a name":        func(a *accessv1.Access) { a.Services = []string{"risk", ""} },
		"no unit field":                   func(a *accessv1.Access) { a.UnitField = "" },
		"a unit field without SCOPE_UNIT": func(a *accessv1.Access) { a.Scope = accessv1.Scope_SCOPE_RECORD },
		"a permission with SCOPE_RECEIPT": func(a *accessv1.Access) {
			a.Scope, a.UnitField = accessv1.Scope_SCOPE_RECEIPT, ""
		},
		"a permission with SCOPE_PUBLIC": func(a *accessv1.Access) {
			a.Scope, a.UnitField = accessv1.Scope_SCOPE_PUBLIC, ""
		},
		"an unknown unit field":                func(a *accessv1.Access) { a.UnitField = "place" },
		"a unit field inside a string":         func(a *accessv1.Access) { a.UnitField = "unit.name" },
		"a unit field that is a number":        func(a *accessv1.Access) { a.UnitField = "page_size" },
		"a unit field that is a list":          func(a *accessv1.Access) { a.UnitField = "states" },
		"a unit field that ends in no message": func(a *accessv1.Access) { a.UnitField = "unit.name.more" },
	}
	_, err := access.NewRule(method(t, complete(), nil))
	require.NoError(t, err)
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			option := complete()
			spoil(option)
			_, err := access.NewRule(method(t, option, nil))
			require.ErrorContains(t, err, "/test.Service/Method: ")
		})
	}
}

func defaultsOf(scope accessv1.Scope) *accessv1.Defaults {
	return &accessv1.Defaults{Highest: typev1.Level_LEVEL_PROVINCE, Lowest: typev1.Level_LEVEL_COUNTY, Scope: scope}
}

func TestAnOptionSaysWhatDiffersFromTheDefaults(t *testing.T) {
	t.Parallel()
	defaults := defaultsOf(accessv1.Scope_SCOPE_UNIT)
	defaults.UnitField = "unit"
	least := &accessv1.Access{Permission: "network.tips.read", Audit: accessv1.Audit_AUDIT_NONE}
	rule, err := accessv1.Of(method(t, least, defaults))
	require.NoError(t, err)
	assert.True(t, proto.Equal(complete(), rule), "%v", rule)
	own := &accessv1.Access{
		Permission: "network.tips.read", Highest: typev1.Level_LEVEL_CITY, Lowest: typev1.Level_LEVEL_TOWNSHIP,
		Scope: accessv1.Scope_SCOPE_RECORD, Audit: accessv1.Audit_AUDIT_CHANGE,
	}
	rule, err = accessv1.Of(method(t, own, defaults))
	require.NoError(t, err)
	assert.True(t, proto.Equal(own, rule), "%v", rule)
}

func TestDefaultsLetNobodyIn(t *testing.T) {
	t.Parallel()
	ofRecords := defaultsOf(accessv1.Scope_SCOPE_RECORD)
	permission, audit := "network.tips.read", accessv1.Audit_AUDIT_NONE
	for name, c := range map[string]struct {
		option   *accessv1.Access
		defaults *accessv1.Defaults
		want     string
	}{
		"no option":      {nil, ofRecords, "no access option"},
		"no permission":  {&accessv1.Access{Audit: audit}, ofRecords, "a permission is needed"},
		"no audit class": {&accessv1.Access{Permission: permission}, ofRecords, "no audit class"},
		"whole instance": {
			&accessv1.Access{Permission: permission, Audit: audit}, defaultsOf(accessv1.Scope_SCOPE_INSTANCE), "checks no reach",
		},
		"receipt": {&accessv1.Access{Audit: audit}, defaultsOf(accessv1.Scope_SCOPE_RECEIPT), "checks no reach"},
		"caller":  {&accessv1.Access{Audit: audit}, defaultsOf(accessv1.Scope_SCOPE_CALLER), "checks no reach"},
		"public":  {&accessv1.Access{Audit: audit}, defaultsOf(accessv1.Scope_SCOPE_PUBLIC), "checks no reach"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := accessv1.Of(method(t, c.option, c.defaults))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestARequestAboutARecordIsNotCheckedByAUnitItNames(t *testing.T) {
	t.Parallel()
	option := complete()
	option.UnitField = "recipient"
	_, err := accessv1.Of(methodOf(t, "ReferTipRequest", option, nil))
	require.ErrorContains(t, err, "names a record")
}

// method describes an RPC that takes a ListTipsRequest, with an access option and the defaults of its service.
func method(t *testing.T, option *accessv1.Access, defaults *accessv1.Defaults) protoreflect.MethodDescriptor {
	t.Helper()
	return methodOf(t, "ListTipsRequest", option, defaults)
}

func methodOf(t *testing.T, request string, option *accessv1.Access, defaults *accessv1.Defaults) protoreflect.MethodDescriptor {
	t.Helper()
	options, ofService := &descriptorpb.MethodOptions{}, &descriptorpb.ServiceOptions{}
	if option != nil {
		proto.SetExtension(options, accessv1.E_Access, option)
	}
	if defaults != nil {
		proto.SetExtension(ofService, accessv1.E_Defaults, defaults)
	}
	request = ".qingfeng.network.v1." + request
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("test.proto"), Package: proto.String("test"), Syntax: proto.String("proto3"),
		Dependency: []string{"qingfeng/network/v1/tip.proto"},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Service"), Options: ofService,
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("Method"), InputType: &request, OutputType: &request, Options: options,
			}},
		}},
	}, protoregistry.GlobalFiles)
	require.NoError(t, err)
	return file.Services().Get(0).Methods().Get(0)
}

// rules are the protovalidate rules of a field.
func rules(field protoreflect.FieldDescriptor) *validate.FieldRules {
	found, _ := proto.GetExtension(field.Options(), validate.E_Field).(*validate.FieldRules)
	return found
}

// setByServer are texts of resources that requests carry, though nobody reads them from there.
var setByServer = []protoreflect.FullName{
	"qingfeng.network.v1.Unit.region", "qingfeng.network.v1.Unit.ancestors", "qingfeng.network.v1.Unit.ancestor_titles",
	"qingfeng.network.v1.Officer.appointment_rule", "qingfeng.network.v1.Officer.ended_on",
	"qingfeng.network.v1.Officer.last_contact_on",
	"qingfeng.network.v1.Officer.predecessor", "qingfeng.network.v1.Officer.hand_over",
	"qingfeng.network.v1.TrainingSession.cancel_reason",
	"qingfeng.network.v1.Unit.etag", "qingfeng.network.v1.TrainingSession.etag", "qingfeng.network.v1.TrainingPlan.etag",
	"qingfeng.network.v1.ContactPoint.etag", "qingfeng.risk.v1.Redo.etag", "qingfeng.risk.v1.Control.etag", "qingfeng.risk.v1.Deficiency.etag", "qingfeng.risk.v1.Check.etag", "qingfeng.risk.v1.Appointment.etag", "qingfeng.risk.v1.Poll.etag", "qingfeng.risk.v1.Decision.etag", "qingfeng.risk.v1.Campaign.etag", "qingfeng.risk.v1.CommonProblem.etag", "qingfeng.network.v1.Officer.etag", "qingfeng.warning.v1.Bulletin.etag", "qingfeng.warning.v1.Referral.etag", "qingfeng.warning.v1.Study.etag", "qingfeng.warning.v1.CaseLead.etag", "qingfeng.network.v1.Officer.term_notice_on",
}

// notProse are texts with a length alone: what is no text to read, or is cleaned when it comes in.
var notProse = []protoreflect.Name{
	"etag", "draft_etag", "regrade_etag", "page_token", "resume_token", "upload_token", "receipt", "file_name",
	"webhook", "kinds", "replaced_kinds", "measures", "permissions", "after", "resource", "actor", "kind", "dedup_key", "placeholder",
	"method", "parameters", "source", "computed_by", "computation", "owner", "measure", "criterion", "unit_criterion", "criteria", "content_sha256", "kept_sha256", "finding", "entry",
}

func TestEveryTextOfARequestIsBounded(t *testing.T) {
	t.Parallel()
	seen := map[protoreflect.FullName]bool{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			all := file.Services().Get(i).Methods()
			for j := range all.Len() {
				bounded(t, all.Get(j).Input(), seen)
			}
		}
		return true
	})
	assert.Greater(t, len(seen), 200)
}

// bounded checks that every text of a message has a format or a length, and where it has a length alone, that people who read it
// are shown nothing hostile.
func bounded(t *testing.T, m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) {
	t.Helper()
	if seen[m.FullName()] || !strings.HasPrefix(string(m.FullName()), "qingfeng.") {
		return
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		field := m.Fields().Get(i)
		if slices.Contains(setByServer, field.FullName()) || fieldbehavior.Has(field, annotations.FieldBehavior_OUTPUT_ONLY) {
			continue
		}
		if field.IsMap() {
			assert.NotNil(t, rules(field).GetMap().GetKeys().GetString(), "keys of %s have neither a length nor a format",
				field.FullName())
			if value := field.MapValue().Message(); value != nil {
				bounded(t, value, seen)
			}
			continue
		}
		if field.Message() != nil {
			bounded(t, field.Message(), seen)
			continue
		}
		if field.Kind() != protoreflect.StringKind {
			continue
		}
		said, own := rules(field).GetString(), rules(field).GetCel()
		if field.IsList() {
			said = rules(field).GetRepeated().GetItems().GetString()
		}
		if !assert.True(t, said != nil || len(own) > 0, "%s has neither a length nor a format", field.FullName()) {
			continue
		}
		if said.GetMaxLen() > 0 && !slices.Contains(notProse, field.Name()) && said.GetWellKnown() == nil &&
			said.GetPattern() == "" {
			prose, _ := proto.GetExtension(said, typev1.E_Prose).(bool)
			assert.True(t, prose, "%s is read by people", field.FullName())
		}
	}
}
