package suite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	endedUnit = "units/340503001"
	successor = "units/340503002"
)

// unitMethods are the RPCs that a person calls about a unit, with the field that names it.
func unitMethods(t *testing.T, check func(method protoreflect.MethodDescriptor, field string)) {
	t.Helper()
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "qingfeng.") {
			return true
		}
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				option, err := accessv1.Of(methods.Get(j))
				require.NoError(t, err)
				if option.GetScope() == accessv1.Scope_SCOPE_UNIT && option.GetPermission() != "" &&
					!methods.Get(j).IsStreamingServer() {
					check(methods.Get(j), option.GetUnitField())
				}
			}
		}
		return true
	})
}

// naming is a request of a method that names a unit, and nothing else.
func naming(t *testing.T, method protoreflect.MethodDescriptor, field, unit string) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Input().FullName())
	require.NoError(t, err)
	request := kind.New()
	path := strings.Split(field, ".")
	at := request
	for _, name := range path[:len(path)-1] {
		at = at.Mutable(at.Descriptor().Fields().ByName(protoreflect.Name(name))).Message()
	}
	at.Set(at.Descriptor().Fields().ByName(protoreflect.Name(path[len(path)-1])), protoreflect.ValueOfString(unit))
	return request.Interface()
}

// TestC1_WhoNamesAnEndedUnitHearsOfItsSuccessor asks every RPC about a unit that has ended.
func TestC1_WhoNamesAnEndedUnitHearsOfItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := networkv1.NewTreeServiceClient(s.As("handler", suitetest.City))
	_, err := centre.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: endedUnit}}, Into: successor, Reason: "撤并",
	})
	require.NoError(t, err)
	conn, asked := s.As(access.Administrator, suitetest.City), 0
	unitMethods(t, func(method protoreflect.MethodDescriptor, field string) {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
		require.NoError(t, err)
		full := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
		err = conn.Invoke(t.Context(), full, naming(t, method, field, endedUnit), kind.New().Interface())
		assert.Equal(t, codes.FailedPrecondition, status.Code(err), "%s: %v", full, err)
		assert.Equal(t, "UNIT_ENDED", suitetest.Reason(err), full)
		assert.Contains(t, status.Convert(err).Message(), "由解放路街道承继", full)
		asked++
	})
	assert.Greater(t, asked, 40)
	_, err = networkv1.NewInboxServiceClient(s.As("clerk", "units/340504")).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: endedUnit})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = networkv1.NewInboxServiceClient(s.As("clerk", endedUnit)).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: endedUnit})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "UNIT_ENDED")
}

// TestC1_FieldsThatNameAnEndedUnitNameItsSuccessor asks what takes further units than the one it is about.
func TestC1_FieldsThatNameAnEndedUnitNameItsSuccessor(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	centre := s.As("handler", suitetest.City)
	tree := networkv1.NewTreeServiceClient(centre)
	_, err := tree.MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
		Units: []*networkv1.MergedUnit{{Name: endedUnit}}, Into: successor, Reason: "撤并",
	})
	require.NoError(t, err)
	units := networkv1.NewUnitServiceClient(centre)
	ended, err := units.GetUnit(t.Context(), &networkv1.GetUnitRequest{Name: endedUnit})
	require.NoError(t, err)
	assert.Equal(t, successor, ended.GetSuccessor())
	named := func(field string, err error) {
		t.Helper()
		found := suitetest.FieldViolations(t, err)
		require.Len(t, found, 1, "%v", err)
		assert.Equal(t, []string{field, "UNIT_ENDED"}, []string{found[0].GetField(), found[0].GetReason()})
		assert.Contains(t, found[0].GetDescription(), "由解放路街道承继")
	}
	_, err = networkv1.NewOfficerServiceClient(centre).AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
		Officer: &networkv1.Officer{
			Title: "张三", Unit: endedUnit, AppointingUnit: suitetest.City, TermFrom: "2026-01-01",
			Type: networkv1.OfficerType_OFFICER_TYPE_DUTY_REPORTER,
		},
	})
	named("officer.unit", err)
	_, err = networkv1.NewInquiryServiceClient(centre).OpenInquiry(t.Context(), &networkv1.OpenInquiryRequest{
		Inquiry: &networkv1.Inquiry{
			Unit: suitetest.City, Point: endedUnit, SubjectUnits: []string{endedUnit}, Kind: "survey", Title: "调研",
			Questions: []string{"问"}, DueOn: "2026-11-30",
		},
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"inquiry.point": "UNIT_ENDED", "inquiry.subject_units[0]": "UNIT_ENDED",
	})
	_, err = warningv1.NewWarningServiceClient(centre).IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: successor, SupervisingUnit: endedUnit, WarningLevel: "blue", Form: "explain", Title: "示警", Grounds: "三条信息。",
	})
	named("supervising_unit", err)
	_, err = units.CreateUnit(t.Context(), &networkv1.CreateUnitRequest{UnitId: "new_village", Unit: &networkv1.Unit{
		Parent: endedUnit, Title: "新村", Kind: networkv1.UnitKind_UNIT_KIND_COLLECTION_POINT, Level: 5,
	}})
	named("unit.parent", err)
	for _, call := range []func() error{
		func() error {
			_, err := tree.MoveUnit(t.Context(), &networkv1.MoveUnitRequest{
				Name: "units/340503001001", Parent: endedUnit, Reason: "划转",
			})
			return err
		},
		func() error {
			_, err := tree.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
				Unit: &networkv1.Unit{Name: endedUnit, Title: "改名"}, Reason: "更名",
			})
			return err
		},
		func() error {
			_, err := units.ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: endedUnit})
			return err
		},
	} {
		suitetest.RequireRefused(t, call(), codes.FailedPrecondition, "UNIT_ENDED")
	}
}

// TestC1_T7_WhatChangesSomethingKnowsMergersAtOnce merges twice in a row, once all that looks units up has come to remember them.
func TestC1_T7_WhatChangesSomethingKnowsMergersAtOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const third = "units/340504001"
	centre := s.As(access.Administrator, suitetest.City)
	for _, unit := range []string{endedUnit, successor} {
		_, err := networkv1.NewUnitServiceClient(centre).ListUnits(t.Context(), &networkv1.ListUnitsRequest{Unit: unit})
		require.NoError(t, err)
		_, err = warningv1.NewWarningServiceClient(s.As("clerk", unit)).ListWarnings(t.Context(),
			&warningv1.ListWarningsRequest{Unit: unit})
		require.NoError(t, err)
	}
	for _, merger := range [][2]string{{endedUnit, successor}, {successor, third}} {
		_, err := networkv1.NewTreeServiceClient(centre).MergeUnits(t.Context(), &networkv1.MergeUnitsRequest{
			Units: []*networkv1.MergedUnit{{Name: merger[0]}}, Into: merger[1], Reason: "撤并",
		})
		require.NoError(t, err)
	}
	asked := 0
	unitMethods(t, func(method protoreflect.MethodDescriptor, field string) {
		if method.Input().Fields().ByName("request_id") == nil {
			return
		}
		kind, err := protoregistry.GlobalTypes.FindMessageByName(method.Output().FullName())
		require.NoError(t, err)
		full := "/" + string(method.Parent().FullName()) + "/" + string(method.Name())
		err = centre.Invoke(t.Context(), full, naming(t, method, field, successor), kind.New().Interface())
		suitetest.RequireRefused(t, err, codes.FailedPrecondition, "UNIT_ENDED")
		asked++
	})
	assert.Greater(t, asked, 10)
	_, err := warningv1.NewWarningServiceClient(centre).IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
		Unit: third, SupervisingUnit: successor, WarningLevel: "blue", Form: "explain", Title: "示警", Grounds: "三条信息。",
	})
	suitetest.RequireFieldFaults(t, err, map[string]string{"supervising_unit": "UNIT_ENDED"})
	who, err := networkv1.NewIdentityServiceClient(s.As("clerk", successor)).WhoAmI(t.Context(), &networkv1.WhoAmIRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"", successor, third}, []string{who.GetUnit(), who.GetEndedUnit(), who.GetSuccessor()})
}
