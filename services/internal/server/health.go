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
	// readyTimeout is how long the readiness of all services together may take to find out.
	readyTimeout = 2 * time.Second
	// watchEvery is how often readiness is found out while somebody watches.
	watchEvery = time.Second
)

var errDraining = errors.New("the server is stopping")

// health answers grpc.health.v1 by asking, each time, whether the services can do their work. "" stands for all of them; a
// service is named as gRPC names it, such as "qingfeng.network.v1.TipService".
type health struct {
	grpc_health_v1.UnimplementedHealthServer

	all      []func(context.Context) error
	services map[string]*readiness
	draining chan struct{} // closed when the server stops
}

// readiness tells whether a service can do its work. Those who watch share what was found out last.
type readiness struct {
	check func(context.Context) error

	mu    sync.Mutex
	last  grpc_health_v1.HealthCheckResponse_ServingStatus
	until time.Time // how long last is good for
}

func newHealth() *health {
	h := &health{services: map[string]*readiness{}, draining: make(chan struct{})}
	h.services[""] = &readiness{check: h.ready}
	return h
}

// add adds a check, and the gRPC services that it speaks for.
func (h *health) add(check func(context.Context) error, services []string) {
	h.all = append(h.all, check)
	for _, service := range services {
		h.services[service] = &readiness{check: check}
	}
}

func (h *health) isDraining() bool {
	select {
	case <-h.draining:
		return true
	default:
		return false
	}
}

func (h *health) ready(ctx context.Context) error {
	if h.isDraining() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for _, check := range h.all {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (h *health) status(ctx context.Context, service *readiness) grpc_health_v1.HealthCheckResponse_ServingStatus {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if h.isDraining() || service.check(ctx) != nil {
		return grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return grpc_health_v1.HealthCheckResponse_SERVING
}

// recent is the status that was found out within watchEvery.
func (h *health) recent(ctx context.Context, service *readiness) grpc_health_v1.HealthCheckResponse_ServingStatus {
	if h.isDraining() {
		return grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	service.mu.Lock()
	defer service.mu.Unlock()
	now := time.Now() //nolint:forbidigo // a pace, not a time: the same whatever the suite's clock says
	if now.After(service.until) {
		// Whoever asks may go away; the answer is for all who watch.
		service.last, service.until = h.status(context.WithoutCancel(ctx), service), now.Add(watchEvery)
	}
	return service.last
}

// Check answers for a service. Errors: NOT_FOUND for one that does not run here.
func (h *health) Check(ctx context.Context, req *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	service, ok := h.services[req.GetService()]
	if !ok {
		return nil, fault.NotFound(req.GetService())
	}
	return &grpc_health_v1.HealthCheckResponse{Status: h.status(ctx, service)}, nil
}

// List answers for every service that runs here, and for all together.
func (h *health) List(ctx context.Context, _ *grpc_health_v1.HealthListRequest) (*grpc_health_v1.HealthListResponse, error) {
	answer := &grpc_health_v1.HealthListResponse{Statuses: make(map[string]*grpc_health_v1.HealthCheckResponse, len(h.services))}
	for name, service := range h.services {
		answer.Statuses[name] = &grpc_health_v1.HealthCheckResponse{Status: h.recent(ctx, service)}
	}
	return answer, nil
}

// Watch sends the status of a service at once and whenever it changes: SERVICE_UNKNOWN for one that does not run here. It
// ends when the server stops, after NOT_SERVING.
func (h *health) Watch(
	req *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse],
) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	service, known := h.services[req.GetService()]
	sent := grpc_health_v1.HealthCheckResponse_UNKNOWN
	for {
		now := grpc_health_v1.HealthCheckResponse_SERVICE_UNKNOWN
		if known {
			now = h.recent(stream.Context(), service)
		}
		if now != sent {
			if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: now}); err != nil {
				return err
			}
			sent = now
		}
		if h.isDraining() {
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
