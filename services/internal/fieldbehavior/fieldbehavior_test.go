package fieldbehavior_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/fieldbehavior"
)

// faults are paths and rules of what is wrong with a request.
func faults(t *testing.T, request proto.Message) map[string]string {
	t.Helper()
	err := fieldbehavior.Check(request)
	if err == nil {
		return nil
	}
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	all := map[string]string{}
	for _, field := range f.Fields {
		require.NotContains(t, all, field.Path, "a field is named once")
		all[field.Path] = field.Key
	}
	return all
}

func TestAllThatIsMissingIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	good := &networkv1.Unit{
		Title: "单位", Kind: networkv1.UnitKind_UNIT_KIND_CENTER, Level: typev1.Level_LEVEL_CITY, EffectiveFrom: "2026-01-01",
	}
	assert.Equal(t, map[string]string{
		"requests[0].unit.kind": "required", "requests[0].unit.level": "required", "requests[0].unit.parent": "string.resource",
		"requests[1].unit": "required", "requests[2].unit_id": "required",
	}, faults(t, &networkv1.BatchCreateUnitsRequest{Requests: []*networkv1.CreateUnitRequest{
		{UnitId: "a", Unit: &networkv1.Unit{Title: "甲", Parent: "tips/1"}}, {UnitId: "b"}, {Unit: good},
	}}))
	assert.Equal(t, map[string]string{"name": "required"}, faults(t, &networkv1.GetUnitRequest{}))
	assert.Empty(t, faults(t, &networkv1.GetUnitRequest{Name: "units/1"}))
	assert.Empty(t, faults(t, &networkv1.Unit{Title: good.GetTitle(), Kind: good.GetKind(), Level: good.GetLevel()}))
}

func TestTitlesAndPostsAreOneLine(t *testing.T) {
	t.Parallel()
	scheme := faults(t, &networkv1.CreateSchemeRequest{Scheme: &networkv1.Scheme{
		Title:        &typev1.Text{Zh: "甲\n乙"},
		SubjectAreas: []*networkv1.Term{{Id: "a", Title: &typev1.Text{Zh: "甲", En: "a\rb"}}},
	}})
	assert.Equal(t, "one_line", scheme["scheme.title.zh"])
	assert.Equal(t, "one_line", scheme["scheme.subject_areas[0].title.en"])
	assert.Equal(t, map[string]string{"content.title": "one_line", "content.position": "one_line"}, faults(t, &networkv1.SubmitTipRequest{
		Content: &networkv1.TipContent{
			Unit: "units/1", SubjectArea: "a", Channel: "b", Title: "甲\n乙", Position: "街道\n书记",
			Body: "第一行\n第二行",
		},
	}), "a body has as many lines as it likes")
	tip := faults(t, &networkv1.RegisterTipRequest{
		ReceivedBy: "丙\n丁", Sender: &networkv1.TipSender{Name: "丙\t丁", Contact: "村东\r\n村西"},
	})
	for _, field := range []string{"received_by", "sender.name", "sender.contact"} {
		assert.Equal(t, "one_line", tip[field], field)
	}
	assert.Equal(t, "one_line", faults(t, &networkv1.RewardOfficerRequest{Reward: "荣誉\n证书"})["reward"])
	officer := faults(t, &networkv1.AppointOfficerRequest{Officer: &networkv1.Officer{
		Title: "丙\r\n丁", OtherRoles: []string{"调解员", "护林\n员"},
	}})
	assert.Equal(t, "one_line", officer["officer.title"])
	assert.Equal(t, "one_line", officer["officer.other_roles[1]"])
	assert.NotContains(t, officer, "officer.other_roles[0]")
	assert.Equal(t, map[string]string{"other_roles[0]": "one_line"}, faults(t, &networkv1.ChangeOtherRolesRequest{
		Name: "officers/340503-a", OtherRoles: []string{"护林\t员"},
	}))
}

func TestWhatOnlyTheServerSetsIsCleared(t *testing.T) {
	t.Parallel()
	point := &riskv1.RiskPoint{
		Name: "riskPoints/1", Unit: "units/1", Category: "a", SearchMethods: []string{"b"}, Description: "何处", Etag: "3",
		Score: 7, Grade: "high", State: riskv1.RegisterState_REGISTER_STATE_IN_FORCE,
		Standing: &riskv1.Standing{Version: 1},
	}
	require.NoError(t, fieldbehavior.Check(&riskv1.CreateRiskPointRequest{RiskPoint: point}))
	assert.Empty(t, point.GetScore())
	assert.Empty(t, point.GetGrade())
	assert.Empty(t, point.GetState())
	assert.Empty(t, point.GetStanding())
	assert.Equal(t, "riskPoints/1", point.GetName(), "names and etags tell which record is meant")
	assert.Equal(t, "3", point.GetEtag())
	batch := &networkv1.BatchCreateUnitsRequest{
		Requests: []*networkv1.CreateUnitRequest{{Unit: &networkv1.Unit{Region: "340503", Ancestors: []string{"units/1"}}}},
	}
	require.Error(t, fieldbehavior.Check(batch))
	assert.Empty(t, batch.GetRequests()[0].GetUnit().GetRegion())
	assert.Empty(t, batch.GetRequests()[0].GetUnit().GetAncestors())
}

func TestOfAResourceThatChangesOnlyWhatChangesIsAsked(t *testing.T) {
	t.Parallel()
	change := func(unit *networkv1.Unit, paths ...string) *networkv1.UpdateUnitRequest {
		return &networkv1.UpdateUnitRequest{Unit: unit, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}, Reason: "更名"}
	}
	named := &networkv1.Unit{Name: "units/1"}
	assert.Empty(t, faults(t, change(named)), "an empty mask leaves what is not given")
	assert.Empty(t, faults(t, change(named, "sort")))
	assert.Equal(t, map[string]string{"unit.title": "required"}, faults(t, change(named, "sort", "title")))
	assert.Equal(t, map[string]string{"unit.title": "required", "unit.kind": "required", "unit.level": "required"},
		faults(t, change(named, "*")))
	assert.Equal(t, map[string]string{"unit.name": "required"}, faults(t, change(&networkv1.Unit{Parent: "tips/1"}, "sort")),
		"what stays is not checked")
	assert.Equal(t, map[string]string{"unit": "required"}, faults(t, change(nil, "sort")))
	point := &networkv1.UpdateContactPointRequest{
		ContactPoint: &networkv1.ContactPoint{Name: "contactPoints/1"},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"paused"}},
	}
	assert.Empty(t, faults(t, point))
	point.UpdateMask.Paths[0] = "webhook"
	assert.Equal(t, map[string]string{"contact_point.address": "required"}, faults(t, point))
}
