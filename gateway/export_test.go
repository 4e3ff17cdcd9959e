package gateway

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
)

// Registrar is a registrar of a test.
type Registrar = registrar

// NewOf makes a façade of the operations that proto packages of this prefix have, without pages.
func NewOf(ctx context.Context, cfg Config, conn grpc.ClientConnInterface, prefix string, register Registrar) (
	http.Handler, error,
) {
	operations, err := operationsAt(cfg.Level, prefix)
	if err != nil {
		return nil, err
	}
	cfg.BodyLimit = DefaultBodyLimit
	api, err := newAPI(ctx, cfg, conn, operations, register)
	if err != nil {
		return nil, err
	}
	return dress(api)
}
