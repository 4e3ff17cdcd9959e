package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
	"github.com/qingfeng-suite/qingfeng/services/tour"
)

// body is the commerce bureau in processes of its own.
type body struct {
	shape

	direct tour.Caller
}

const (
	bureau  = "units/commerce"
	section = "units/commerce_finance"
)

func newBody(t *testing.T) *body {
	t.Helper()
	b := &body{shape: processes(t, dataFolder(t))}
	b.direct, _ = b.callers(t)
	folder := filepath.Join(suitetest.Profiles(), "t")
	admin := b.direct(access.Principal{Subject: "accounts/admin", Unit: bureau, Roles: []string{access.Administrator}})
	_, err := treeimport.Import(t.Context(), admin, treeimport.Source{
		File: filepath.Join(folder, "units.csv"), EffectiveFrom: "2026-01-01",
	}, nil)
	require.NoError(t, err)
	_, err = profile.Load(t.Context(), admin, folder)
	require.NoError(t, err)
	return b
}

func (b *body) as(role string) access.Principal {
	return access.Principal{Subject: "accounts/" + role, Unit: bureau, Roles: []string{role}}
}

// notes has the discipline group find off-book funds, as soon as the risk service can be reached.
func (b *body) notes(t *testing.T) string {
	t.Helper()
	var name string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		made, err := riskv1.NewDeficiencyServiceClient(b.direct(b.as("discipline_group"))).CreateDeficiency(t.Context(),
			&riskv1.CreateDeficiencyRequest{Deficiency: &riskv1.Deficiency{Unit: section, Kind: "off_book_funds", Text: "账外收入"}})
		require.NoError(c, err)
		name = made.GetName()
	}, time.Minute, 100*time.Millisecond)
	return name
}

// found waits until the office has findings of all these deficiencies, one of each.
func (b *body) found(t *testing.T, deficiencies ...string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		listed, err := warningv1.NewFindingServiceClient(b.direct(b.as("leading_group_office"))).ListFindings(t.Context(),
			&warningv1.ListFindingsRequest{Unit: bureau})
		require.NoError(c, err)
		var sources []string
		for _, f := range listed.GetFindings() {
			sources = append(sources, f.GetSource().GetRecord())
		}
		require.ElementsMatch(c, deficiencies, sources)
	}, time.Minute, 100*time.Millisecond)
}

// A deficiency becomes a finding in another process, once, also where that was stopped meanwhile or the risk service was killed; while
// this is away the warning service does what else there is to do. (A job of a process that is killed goes on minutes later, when it is
// given up.)
func TestT16_ADeficiencyIsFollowedAcrossProcessesAndOutages(t *testing.T) {
	t.Parallel()
	b := newBody(t)
	first := b.notes(t)
	b.found(t, first)

	require.NoError(t, b.parts["warning"].stop())
	second := b.notes(t)
	b.restart(t, "warning")
	b.found(t, first, second)

	require.NoError(t, b.parts["risk"].kill())
	month := calendar.PeriodOf(calendar.Month, clock.Today(clock.System{}))
	_, err := warningv1.NewAnalysisServiceClient(b.direct(b.as("leading_group_office"))).RunAnalysis(t.Context(),
		&warningv1.RunAnalysisRequest{Unit: bureau, Period: month.String()})
	require.Equal(t, codes.Unavailable, status.Code(err), "T's ladder goes by the register, too: it is analysed once that is back")
	b.found(t, first, second)
	b.restart(t, "risk")
	b.found(t, first, second, b.notes(t))
}
