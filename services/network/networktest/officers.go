package networktest

import (
	"testing"

	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Officer is somebody to appoint for a unit from the start of 2026, the term open, selected by the criteria of the C scheme.
func Officer(by, unit string, kind networkv1.OfficerType) *networkv1.Officer {
	return &networkv1.Officer{
		Title: "张三", Unit: unit, AppointingUnit: by, Type: kind, TermFrom: "2026-01-01",
		Selection: Selected("sound", "trusted", "upright", "observant"),
	}
}

// Selected are findings on some criteria.
func Selected(criteria ...string) []*networkv1.SelectionFinding {
	findings := make([]*networkv1.SelectionFinding, len(criteria))
	for i, id := range criteria {
		findings[i] = &networkv1.SelectionFinding{Criterion: id, How: "村民代表会议评议。"}
	}
	return findings
}

// Appoint has a unit appoint a regular officer for another.
func Appoint(t *testing.T, s *suitetest.Suite, by, unit string) *networkv1.Officer {
	t.Helper()
	resp, err := networkv1.NewOfficerServiceClient(s.As("clerk", by)).AppointOfficer(t.Context(),
		&networkv1.AppointOfficerRequest{Officer: Officer(by, unit, networkv1.OfficerType_OFFICER_TYPE_REGULAR)})
	require.NoError(t, err)
	return resp
}

// NewScheme stores a version of the C scheme that holds from today, changed as the test wants.
func NewScheme(t *testing.T, s *suitetest.Suite, edit func(*networkv1.Scheme)) {
	t.Helper()
	client := networkv1.NewSchemeServiceClient(s.As(access.Administrator, City))
	scheme, err := client.GetEffectiveScheme(t.Context(), &networkv1.GetEffectiveSchemeRequest{Unit: City})
	require.NoError(t, err)
	scheme.EffectiveFrom = clock.Today(s.Clock).String()
	edit(scheme)
	_, err = client.CreateScheme(t.Context(), &networkv1.CreateSchemeRequest{Scheme: scheme})
	require.NoError(t, err)
}

// AppointHolding has a unit appoint regular officers for another who hold the same other roles, and names them.
func AppointHolding(t *testing.T, s *suitetest.Suite, by, unit string, count int, roles ...string) []string {
	t.Helper()
	role := "clerk"
	if by == City {
		role = "handler"
	}
	names := make([]string, count)
	for i := range names {
		officer := Officer(by, unit, networkv1.OfficerType_OFFICER_TYPE_REGULAR)
		officer.OtherRoles = roles
		made, err := networkv1.NewOfficerServiceClient(s.As(role, by)).AppointOfficer(t.Context(),
			&networkv1.AppointOfficerRequest{Officer: officer})
		require.NoError(t, err)
		names[i] = made.GetName()
	}
	return names
}
