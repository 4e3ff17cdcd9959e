package reports_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// atOnce runs a call several times at once and counts the codes it ended with.
func atOnce(n int, call func() error) map[codes.Code]int {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = call() })
	}
	wg.Wait()
	counts := map[codes.Code]int{}
	for _, err := range errs {
		counts[codeOf(err)]++
	}
	return counts
}

func TestC10_ConcurrentSubmitsCountOnce(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	d, zero := newClerk(t, s, networktest.Township), newClerk(t, s, networktest.OtherTownship)
	opened(t, d.clerk, november)
	d.confirm(t, "2026-11", full())
	assert.Equal(t, map[codes.Code]int{codes.OK: 8}, atOnce(8, func() error {
		_, err := d.clerk.SubmitReport(t.Context(), &networkv1.SubmitReportRequest{Name: november})
		return err
	}))
	assert.Equal(t, map[codes.Code]int{codes.OK: 8}, atOnce(8, func() error {
		_, err := zero.clerk.SubmitZeroReport(t.Context(), &networkv1.SubmitZeroReportRequest{Name: zero.name("2026-11")})
		return err
	}))
	assert.EqualValues(t, 2, d.summed(t, networktest.City, "2026-11", "").GetTotal().GetSubmitted())
	assert.Equal(t, map[codes.Code]int{codes.OK: 1, codes.FailedPrecondition: 7}, atOnce(8, func() error {
		_, err := d.clerk.AmendReport(t.Context(), &networkv1.AmendReportRequest{Name: november, Reason: "更正"})
		return err
	}))
}

func TestC10_OneOfConcurrentOpeningsAndExceptionsWins(t *testing.T) {
	t.Parallel()
	d := newClerk(t, suitetest.New(t), networktest.Township)
	opened(t, d.clerk, november)
	granted := make(chan map[codes.Code]int, 1)
	go func() {
		granted <- atOnce(6, func() error {
			_, err := d.grant(t, "2026-08", "2026-12-20")
			return err
		})
	}()
	assert.Equal(t, map[codes.Code]int{codes.OK: 1, codes.AlreadyExists: 5}, atOnce(6, func() error {
		_, err := d.above.OpenReport(t.Context(), &networkv1.OpenReportRequest{
			Unit: networktest.Township, Schedule: "monthly", Period: "2026-08", CloseOn: "2026-11-30", Reason: "补报",
		})
		return err
	}))
	assert.Equal(t, map[codes.Code]int{codes.OK: 1, codes.AlreadyExists: 5}, <-granted)
	report := d.get(t, "2026-08", 0)
	assert.Equal(t, "2026-12-20", report.GetCloseOn(), "whichever came first, the report and its exception know of each other")
	require.NotNil(t, report.GetException())
}
