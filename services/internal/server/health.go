package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

const (
	// readyTimeout is how long the readiness of a service may take to find out.
	readyTimeout = 2 * time.Second
	// lookEvery is how long holds what was found out, for all who ask: anyone may, and each look writes.
	lookEvery = 2 * time.Second
)

var errDraining = errors.New("the server is stopping")

// health answers grpc.health.v1 by asking whether the services can do their work. "" stands for all of them; a service is named
// as gRPC names it, such as "qingfeng.network.v1.TipService".
type health struct {
	grpc_health_v1.UnimplementedHealthServer

	every    time.Duration
	all      []*readiness
	services map[string]*readiness
	draining chan struct{} // closed when the server stops
}

// readiness tells whether a service can do its work. Those who ask share what was found out last.
type readiness struct {
	check func(context.Context) error

	mu    sync.Mutex
	last  error
	until time.Time // how long last is good for
}

func newHealth() *health {
	return &health{every: lookEvery, services: map[string]*readiness{}, draining: make(chan struct{})}
}

// add adds a check, and the gRPC services that it speaks for.
func (h *health) add(check func(context.Context) error, services []string) {
	r := &readiness{check: check}
	h.all = append(h.all, r)
	for _, service := range services {
		h.services[service] = r
	}
}

// recent is what was found out last, or now where that is too long ago. Whoever asks may go away; the answer is for all.
func (r *readiness) recent(ctx context.Context, every time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().After(r.until) { //nolint:forbidigo // a pace, not a time: the same whatever the suite's clock says
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.last = r.check(ctx)
		r.until = time.Now().Add(every) //nolint:forbidigo // as above
	}
	return r.last
}

func (h *health) isDraining() bool {
	select {
	case <-h.draining:
		return true
	default:
		return false
	}
}

// ready is nil where all services can do their work, else why one can't.
func (h *health) ready(ctx context.Context, services ...*readiness) error {
	if h.isDraining() {
		return errDraining
	}
	for _, service := range services {
		if err := service.recent(ctx, h.every); err != nil {
			return err
		}
	}
	return nil
}

// of are the services that a name stands for.
func (h *health) of(name string) (services []*readiness, known bool) {
	if name == "" {
		return h.all, true
	}
	service, known := h.services[name]
	return []*readiness{service}, known
}

func (h *health) status(ctx context.Context, services []*readiness) grpc_health_v1.HealthCheckResponse_ServingStatus {
	if h.ready(ctx, services...) != nil {
		return grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_SERVING
}

// Check answers for a service. Errors: NOT_FOUND for one that does not run here.
func (h *health) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	services, known := h.of(req.GetService())
	if !known {
		return nil, fault.NotFound(req.GetService())
	}
	return &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx, services)}, nil
}

// List answers for every service that runs here, and for all together.
func (h *health) List(ctx context.Context, _ *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	answer := &grpc_health_v1.HealthListResponse{Statuses: map[string]*grpc_health_v1.HealthCheckResponse{
		"": {Status: h.status(ctx, h.all)},
	}}
	for name, service := range h.services {
		answer.Statuses[name] = &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx, []*readiness{service})}
	}
	return answer, nil
}

// Watch sends the status of a service at once and whenever it changes: SERVICE_UNKNOWN for one that does not run here. It
// ends when the server stops, after NOT_SERVING.
func (h *health) Watch(
	req *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse],
) error {
	ticker := time.NewTicker(h.every)
	defer ticker.Stop()
	services, known := h.of(req.GetService())
	sent := grpc_health_v1.HealthCheckResponse_UNKNOWN
	for {
		draining := h.isDraining() // before the status, which then is that of the end
		now := grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
		if known {
			now = h.status(stream.Context(), services)
		}
		if now != sent {
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
			sent = now
		}
		if draining {
			return status.Error(codes.Unavailable, errDraining.Error())
		}
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-h.draining:
		case <-ticker.C:
		}
	}
}

// named is a registrar that notes which services were registered.
type named struct {
	grpc.ServiceRegistrar

	names []string
}

// RegisterService registers a service.
func (n *named) RegisterService(desc *grpc.ServiceDesc, service any) {
	n.names = append(n.names, desc.ServiceName)
	n.ServiceRegistrar.RegisterService(desc, service)
}
