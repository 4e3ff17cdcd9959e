package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const (
	objected   = "inbox.warning_objected"
	lateAnswer = "inbox.warning_objection_overdue"
	dismissed  = "inbox.warning_objection_dismissed"
)

// fromTownship is a warning of the township to a village.
func fromTownship(t *testing.T, s *suitetest.Suite, village string) string {
	t.Helper()
	req := notice("blue")
	req.Unit, req.SupervisingUnit = village, township
	return as(s, "handler", township).issue(t, req).GetName()
}

// objectedTo is fromTownship, to which the village has objected before the county.
func objectedTo(t *testing.T, s *suitetest.Suite, village string) string {
	t.Helper()
	name := fromTownship(t, s, village)
	_, err := as(s, "clerk", village).object(t, name)
	require.NoError(t, err)
	assert.Equal(t, []string{objected}, told(t, s, county, name, 1))
	return name
}

// hearsNoObjection requires that a unit may not answer an objection, and is told who does.
func (o office) hearsNoObjection(t *testing.T, name, hears string) {
	t.Helper()
	_, err := o.answer(t, name, isDismissed)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ABOVE_ISSUER")
	require.ErrorContains(t, err, "异议由"+hears+"或其上级答复")
}

func TestC11_C12b_WhoSucceedsAnIssuerHearsNoObjectionToWhatItIssued(t *testing.T) {
	t.Parallel()
	for name, e := range suitetest.Endings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			first, last := villages[0], villages[len(villages)-1] // of a split, one goes with each part
			before := []string{objectedTo(t, s, first), objectedTo(t, s, last)}
			later := fromTownship(t, s, last)
			require.NoError(t, e.End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
			followed(s)
			w, err := as(s, "clerk", last).object(t, later)
			require.NoError(t, err)
			assert.Equal(t, e.Above, w.GetObjections()[0].GetLimit().GetUnit())
			heard(t, s, "clerk", e.Above, later, objected) // all is there that came before

			hears := titleOf(t, s, e.Above)
			for _, name := range append(before, later) {
				as(s, "reviewer", e.Successor).hearsNoObjection(t, name, hears)
				assert.Equal(t, 1, times(t, s, "clerk", e.Above, name, objected), "is asked, once")
				owed := as(s, "reviewer", e.Above).get(t, name).GetObjections()[0].GetLimit().GetUnit()
				assert.Equal(t, e.Above, owed, "whoever was asked first")
				answered, err := as(s, "reviewer", e.Above).answer(t, name, isDismissed)
				require.NoError(t, err)
				assert.Equal(t, e.Above, answered.GetObjections()[0].GetLimit().GetUnit(), "and whoever answered")
				heard(t, s, "clerk", e.Successor, name, dismissed)
			}
			for _, name := range before {
				passes := e.Above != county
				assert.Equal(t, passes, times(t, s, "clerk", county, name, passedOn) == 1, "who was asked before")
				assert.Equal(t, passes, times(t, s, "clerk", county, name, objected) == 0)
				if e.Successor != county {
					assert.Zero(t, times(t, s, "clerk", e.Successor, name, objected))
				}
			}
			as(s, "reviewer", e.Successor).withdraw(t, later) // it decides on it for the township
		})
	}
}

func TestC11_C12b_APartThatAddresseesOfItsIssuerWentToIsNamedWhoDecides(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	name := objectedTo(t, s, villages[3])
	require.NoError(t, suitetest.Endings()["split"].End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
	followed(s)
	west := as(s, "reviewer", "units/west")
	west.hearsNoObjection(t, name, "花山区")
	_, err := west.warnings.WithdrawWarning(t.Context(), &warningv1.WithdrawWarningRequest{Name: name, Reason: "反映不实"})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")
	require.ErrorContains(t, err, "该预警由东街道或其上级处理", "who acts for the township that has ended")
}

func TestC11_C15_ALateAnswerStaysWithWhoOwesItAfterASplitAndADisbanding(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	moved := villages[3]
	name := objectedTo(t, s, moved)
	s.Clock.Advance(60 * 24 * time.Hour)
	s.RunJob("warning.escalate_overdue")
	heard(t, s, "clerk", county, name, lateAnswer)
	heard(t, s, "clerk", suitetest.City, name, lateAnswer)

	tree := networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))
	require.NoError(t, suitetest.Endings()["split"].End(t.Context(), tree))
	followed(s)
	_, err := tree.DisbandUnit(t.Context(), &networkv1.DisbandUnitRequest{Name: moved, Reason: "撤销"})
	require.NoError(t, err)
	followed(s)
	as(s, "reviewer", "units/east").hearsNoObjection(t, name, "花山区")
	_, err = as(s, "reviewer", "units/west").answer(t, name, isDismissed)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
	_, err = as(s, "reviewer", county).answer(t, name, isDismissed)
	require.NoError(t, err)
	heard(t, s, "clerk", "units/east", name, dismissed) // all is there that came before
	for unit, kinds := range map[string]map[string]int{
		county:         {objected: 1, lateAnswer: 1, passedOn: 0},
		suitetest.City: {objected: 0, lateAnswer: 1, passedOn: 0},
		"units/east":   {objected: 0, lateAnswer: 0},
	} {
		for kind, n := range kinds {
			assert.Equal(t, n, times(t, s, "clerk", unit, name, kind), "%s: %s", unit, kind)
		}
	}
}

func TestC11_C12b_NoneOfAChainOfSuccessorsHearsAnObjection(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const third = "units/340503003"
	name := objectedTo(t, s, village)
	merge(t, s, township, other)
	as(s, "reviewer", other).hearsNoObjection(t, name, "花山区")
	merge(t, s, other, third)
	as(s, "reviewer", third).hearsNoObjection(t, name, "花山区")
	_, err := as(s, "reviewer", county).answer(t, name, isDismissed)
	require.NoError(t, err)
	assert.Equal(t, 1, times(t, s, "clerk", third, name, "inbox.warning_objected_above"), "as the township heard")
	heard(t, s, "clerk", third, name, dismissed)
	assert.Equal(t, []string{objected}, told(t, s, county, name, 1), "it stays the one that is asked")
}

// A hospital and a department of a school, which warn what lies below them, and who stands above them.
func TestC11_H9_V3_ASuccessorOfAnyBodyHearsNoObjection(t *testing.T) {
	t.Parallel()
	for _, body := range []struct{ profile, root, issuer, role, below, belowRole, successor, aboveRole string }{
		{
			"h", "units/health", "units/hospital_tcm", "reporter", "units/section_tcm_charges", "section_head", "units/blood_station",
			"duty_reporter",
		},
		{
			"v", school, "units/school_teaching", "department", "units/post_examinations", "post_holder", "units/school_students",
			"discipline_office",
		},
	} {
		t.Run(body.profile, func(t *testing.T) {
			t.Parallel()
			s := suitetest.Of(t, body.profile, body.root)
			name := as(s, body.role, body.issuer).issue(t, to(body.below, body.issuer, "warning", "")).GetName()
			_, err := as(s, body.belowRole, body.below).object(t, name)
			require.NoError(t, err)
			heard(t, s, body.aboveRole, body.root, name, objected)
			_, err = networkv1.NewTreeServiceClient(s.As("administrator", body.root)).MergeUnits(t.Context(),
				&networkv1.MergeUnitsRequest{Units: []*networkv1.MergedUnit{{Name: body.issuer}}, Into: body.successor, Reason: "撤并"})
			require.NoError(t, err)
			followed(s)
			_, err = as(s, body.role, body.successor).answer(t, name, isDismissed)
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ABOVE_ISSUER")
			_, err = as(s, body.aboveRole, body.root).answer(t, name, isDismissed)
			require.NoError(t, err)
			kinds := heard(t, s, body.role, body.successor, name, dismissed)
			assert.NotContains(t, kinds, objected)
			assert.NotContains(t, toldAs(t, s, body.aboveRole, body.root, name, 1), passedOn)
		})
	}
}
