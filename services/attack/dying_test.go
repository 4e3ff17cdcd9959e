package attack

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/demo"
)

// survivors are what callers know whose database dies under them.
type survivors struct {
	mu       sync.Mutex
	receipts map[string]string // by request id
	read     int               // units
	failed   []error
}

func (v *survivors) note(id, receipt string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err != nil:
		v.failed = append(v.failed, err)
	case receipt == "":
		v.read++
	default:
		v.receipts[id] = receipt
	}
}

// answers counts what was answered, and what failed.
func (v *survivors) answers() (read, sent, failed int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.read, len(v.receipts), len(v.failed)
}

// TestADyingDatabaseIsUnavailableAndLosesNothing kills all processes of PostgreSQL again and again, while some read and others send.
func TestADyingDatabaseIsUnavailableAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := startAt(t, dataFolder(t))
	s.load(t)
	caller := func(subject, unit, role string) grpc.ClientConnInterface {
		return s.as(t, s.dial(t), access.Principal{Subject: subject, Unit: unit, Roles: []string{role}})
	}
	admin := caller("accounts/admin", demo.City, access.Administrator)
	informant := caller("accounts/informant", "units/340503001", "informant")
	seen, stop := &survivors{receipts: map[string]string{}}, make(chan struct{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(t.Context(), heldFor)
				if i%2 == 0 {
					_, err := networkv1.NewUnitServiceClient(admin).GetUnit(ctx, &networkv1.GetUnitRequest{Name: demo.City})
					seen.note("", "", err)
				} else {
					id := uuid.NewString()
					answer, err := sendTip(ctx, informant, id)
					seen.note(id, answer.GetReceipt(), err)
				}
				cancel()
			}
		})
	}
	for range size(2, 10) {
		s.awaitMore(t, seen)
		s.killDatabase(t)
	}
	s.awaitMore(t, seen)
	close(stop)
	all.Wait()
	read, sent, failed := seen.answers()
	byCode := tally(t, seen.failed)
	assert.Positive(t, failed, "nothing was asked while it was down")
	for id, receipt := range seen.receipts {
		_, err := networkv1.NewTipServiceClient(informant).FollowTip(t.Context(), &networkv1.FollowTipRequest{Receipt: receipt})
		require.NoError(t, err, "an acknowledged tip is lost")
		again, err := sendTip(t.Context(), informant, id)
		require.NoError(t, err)
		require.Equal(t, receipt, again.GetReceipt(), "a repeated request made another tip")
	}
	figure(t, "PostgreSQL killed %d times: %d units read and %d tips acknowledged, none of which is lost; failed by code: %v",
		size(2, 10), read, sent, byCode)
}

// killDatabase kills the processes of PostgreSQL, which the suite then starts anew.
func (s *target) killDatabase(t *testing.T) {
	t.Helper()
	pids, err := bench.Below(s.process.Process.Pid)
	require.NoError(t, err)
	require.NotEmpty(t, pids, "the suite runs no PostgreSQL")
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
			require.NoError(t, err)
		}
	}
}

// awaitMore waits until the suite has read and taken more than until now.
func (s *target) awaitMore(t *testing.T, seen *survivors) {
	t.Helper()
	const more = 20
	read, sent, _ := seen.answers()
	require.NoError(t, clock.PollUntil(t.Context(), time.Minute, 10*time.Millisecond, func(context.Context) (bool, error) {
		readNow, sentNow, _ := seen.answers()
		return readNow >= read+more && sentNow >= sent+more, nil
	}), "it did not recover")
}

// sendTip sends a tip under a request id.
func sendTip(ctx context.Context, conn grpc.ClientConnInterface, id string) (*networkv1.SubmitTipResponse, error) {
	return networkv1.NewTipServiceClient(conn).SubmitTip(ctx, &networkv1.SubmitTipRequest{
		RequestId: id, Content: &networkv1.TipContent{
			Unit: "units/340503001001", SubjectArea: "work_style", Channel: "web", Title: "办事拖延",
			Body: "十月以来三次前往，均无人办理。",
		},
	})
}

// TestUploadsOfOneTokenAreBounded has an informant begin uploads by the receipts of many tips, with the limits that a suite has
// where nothing else is said.
func TestUploadsOfOneTokenAreBounded(t *testing.T) {
	t.Parallel()
	const (
		stored = 870_000_000 // by one informant, before there were quotas
		each   = 50 << 20
		files  = 10 // of a tip
	)
	s := start(t)
	s.load(t)
	informant := s.as(t, s.dial(t), access.Principal{
		Subject: "accounts/informant", Unit: "units/340503001", Roles: []string{"informant"},
	})
	taken, refused := 0, 0
	for range size(3, 10) {
		tip, err := sendTip(t.Context(), informant, uuid.NewString())
		require.NoError(t, err)
		for range files {
			_, err := networkv1.NewAttachmentServiceClient(informant).OfferAttachment(t.Context(),
				&networkv1.OfferAttachmentRequest{Receipt: tip.GetReceipt(), File: &typev1.AttachmentFile{
					FileName: "照片.jpg", MediaType: "image/jpeg", Size: each,
				}})
			if err == nil {
				taken += each
				continue
			}
			require.Equal(t, codes.ResourceExhausted, status.Code(err), "%v", err)
			refused++
		}
	}
	figure(t, "uploads by one token for %d tips: %d MiB taken, %d files refused", size(3, 10), taken/mebibyte, refused)
	assert.Less(t, taken, stored)
	assert.Positive(t, refused)
}
