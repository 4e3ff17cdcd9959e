package warning_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// villages are those of the township that ends.
var villages = suitetest.EndingVillages()

func TestC11_T7_SuccessorAnswersAndTheUnitAboveItJudges(t *testing.T) {
	t.Parallel()
	for name, e := range suitetest.Endings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := suitetest.New(t)
			city, reviewer := as(s, "handler", suitetest.City), as(s, "reviewer", suitetest.City)
			open, waiting := city.issue(t, notice("yellow")), city.issue(t, notice("orange"))
			require.NoError(t, e.End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
			s.RunJob("warning.follow_moves")

			clerk, judge := as(s, "clerk", e.Successor), as(s, "administrator", e.Successor)
			for _, err := range judge.rulings(t, open) {
				suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
			}
			_, err := judge.warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: waiting.GetName()})
			suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
			for _, err := range judge.rulings(t, waiting) {
				suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
			}
			_, err = judge.warnings.ExtendWarning(t.Context(), &warningv1.ExtendWarningRequest{Name: open.GetName(), Reason: "x"})
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_LIMIT")

			for _, err := range clerk.answers(t, open.GetName()) {
				require.NoError(t, err)
			}
			_, err = judge.warnings.RecordTalk(t.Context(), talk(open.GetName()))
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "OWN_WARNING")
			city.talk(t, open.GetName())
			clerk.sign(t, open.GetName())
			clerk.rectify(t, open.GetName())
			_, err = judge.warnings.CheckRectification(t.Context(), &warningv1.CheckRectificationRequest{
				Name: open.GetName(), CheckingUnit: county, Passed: true, Note: "x",
			})
			suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_SUPERVISOR")
			reviewer.check(t, open.GetName(), county, true)
			city.close(t, open.GetName())
			_, err = reviewer.warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{
				Name: waiting.GetName(), Etag: waiting.GetEtag(),
			})
			require.NoError(t, err)
			reviewer.withdraw(t, waiting.GetName())

			s.Clock.Advance(25 * 24 * time.Hour)
			listed, err := city.figures.ListFigures(t.Context(), &warningv1.ListFiguresRequest{
				Root: suitetest.City, Units: []string{e.Successor}, Period: "2026-11", Measures: []string{"warning.rectified_on_time"},
			})
			require.NoError(t, err)
			assert.EqualValues(t, 1, listed.GetFigures()[0].GetNumerator(), "the figures follow")
			passed := open.GetWarningLevelTitle().GetZh() + "“" + open.GetTitle() + "”已通过核查。（事关沙塘路街道，该单位已撤并，由承继单位办理。）"
			require.Eventually(t, func() bool {
				return slices.Contains(titles(t, s, e.Successor, open.GetName()), passed)
			}, time.Minute, 50*time.Millisecond, "and so do the messages, which say whose warning it is")
		})
	}
}

func TestH9_C12b_WhoSupervisesItselfLeavesItToTheUnitAbove(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), as(s, "clerk", county)
	open := city.issue(t, notice("yellow"))
	require.NoError(t, suitetest.Endings()["disbanded"].End(t.Context(), networkv1.NewTreeServiceClient(s.As("administrator", suitetest.City))))
	s.RunJob("warning.follow_moves")
	for _, err := range clerk.answers(t, open.GetName()) {
		require.NoError(t, err)
	}
	city.talk(t, open.GetName())
	clerk.sign(t, open.GetName())
	clerk.rectify(t, open.GetName())
	hears := func(unit string) bool {
		return slices.ContainsFunc(titles(t, s, unit, open.GetName()), func(title string) bool { return strings.Contains(title, "核查整改") })
	}
	require.Eventually(t, func() bool { return hears(suitetest.City) }, time.Minute, 50*time.Millisecond, "who is asked to check")
	assert.False(t, hears(county), "it answers now, and does not supervise")

	for unit, supervises := range map[string]bool{county: false, suitetest.City: true} {
		listed, err := as(s, "administrator", unit).warnings.ListWarnings(t.Context(),
			&warningv1.ListWarningsRequest{Unit: unit, Supervised: true})
		require.NoError(t, err)
		assert.Equal(t, supervises, len(listed.GetWarnings()) == 1, unit)
	}
	check := &warningv1.CheckRectificationRequest{Name: open.GetName(), CheckingUnit: county, Passed: true, Note: "属实"}
	_, err := as(s, "administrator", county).warnings.CheckRectification(t.Context(), check)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_SUPERVISOR")
	require.ErrorContains(t, err, "马鞍山市", "which names the unit above")
	check.CheckingUnit = suitetest.City
	_, err = as(s, "reviewer", suitetest.City).warnings.CheckRectification(t.Context(), check)
	require.NoError(t, err)
}

func TestC11_OnlyTheIssuingUnitOrOneAboveJudges(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	ofCity := as(s, "handler", suitetest.City).issue(t, notice("orange"))
	for _, err := range as(s, "administrator", county).rulings(t, ofCity) {
		suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")
	}
	req := notice("blue")
	req.SupervisingUnit = stranger
	open := as(s, "handler", suitetest.City).issue(t, req)
	_, err := as(s, "administrator", county).warnings.ExtendWarning(t.Context(), &warningv1.ExtendWarningRequest{
		Name: open.GetName(), Reason: "情况复杂",
	})
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "NOT_ISSUER")

	ofCounty := as(s, "handler", county).issue(t, notice("orange"))
	_, err = as(s, "reviewer", county).warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{
		Name: ofCounty.GetName(), Etag: ofCounty.GetEtag(),
	})
	require.NoError(t, err, "a county issues and approves in its own part")
	as(s, "reviewer", suitetest.City).withdraw(t, ofCounty.GetName())
}
