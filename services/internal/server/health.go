package server

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
)

// readyTimeout is how long the readiness of all services together may take to find out.
const readyTimeout = 2 * time.Second

var errDraining = errors.New("the server is stopping")

// health answers grpc.health.v1 by asking, each time, whether the services can do their work.
type health struct {
	grpc_health_v1.UnimplementedHealthServer

	checks   []func(context.Context) error
	draining atomic.Bool
}

func (h *health) ready(ctx context.Context) error {
	if h.draining.Load() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for _, check := range h.checks {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Check answers for the server as a whole, whichever service is named.
func (h *health) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	state := grpc_health_v1.HealthCheckResponse_SERVING
	if h.ready(ctx) != nil {
		state = grpc_health_v1.HealthCheckResponse_NOT_SERVING
	}
	return &grpc_health_v1.HealthCheckResponse{Status: state}, nil
}
