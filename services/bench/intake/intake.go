// Package intake measures how fast tips are taken in durably: over gRPC by the suite, and by a plain program that inserts
// the same rows.
package intake

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

const (
	clients  = 32
	examples = 200
	bar      = 2
)

// Measure compares SubmitTip with three plain ways; the bar is about the first, one transaction each.
func Measure(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	shared, err := submitting(ctx, i, 1)
	if err != nil {
		return nil, err
	}
	own, err := submitting(ctx, i, clients)
	if err != nil {
		return nil, err
	}
	for client := range examples {
		if err := shared(ctx, client%clients); err != nil {
			return nil, err
		}
	}
	stored, err := readExamples(ctx, i.Pool)
	if err != nil {
		return nil, err
	}
	url, err := i.Database(ctx)
	if err != nil {
		return nil, err
	}
	program, err := newPlain(ctx, url, clients, stored)
	if err != nil {
		return nil, err
	}
	defer program.pool.Close()
	load := bench.Load{Clients: clients, Rounds: 5, For: 2 * time.Second}
	if i.Full {
		load.Rounds, load.For = 9, 10*time.Second
	}
	outcomes, err := load.Compare(
		ctx, i,
		bench.Contender{Name: "SubmitTip", Do: shared},
		bench.Contender{Name: "a transaction a tip", Do: program.transaction},
		bench.Contender{Name: "the same as one pipelined batch", Do: program.batch},
		bench.Contender{Name: "the tip's own row alone", Do: program.single},
		bench.Contender{Name: "SubmitTip, a connection each", Do: own},
	)
	if err != nil {
		return nil, err
	}
	var together float64
	err = i.Pool.QueryRow(ctx, "SELECT count(*)::float8 / count(DISTINCT xmin::text) FROM network.tips").Scan(&together)
	return figuresOf(outcomes, together), err
}

// figuresOf are the lines about the suite beside each plain way, and with a connection for each client.
func figuresOf(outcomes []bench.Outcome, together float64) []bench.Figure {
	suite, ordinary, apart := outcomes[0], outcomes[1], outcomes[4]
	figures := make([]bench.Figure, 0, 4)
	for n, other := range outcomes[1:4] {
		figure := bench.Figure{
			What:  fmt.Sprintf("Durable tip intake, %d clients: gRPC beside pgx, %s", clients, other.Name),
			Suite: suite.String(), Beside: other.String(), Value: suite.Over(other), Note: other.Each(),
		}
		if n == 0 {
			figure.Bar = bench.Bar{AtLeast: bar}
			figure.Note = fmt.Sprintf("%s; %s; %.1f tips a transaction", suite.Each(), other.Each(), together)
		}
		figures = append(figures, figure)
	}
	return append(figures, bench.Figure{
		What:  fmt.Sprintf("The same, a gRPC connection for each of %d clients: beside pgx, %s", clients, ordinary.Name),
		Suite: apart.String(), Beside: ordinary.String(), Value: apart.Over(ordinary), Note: apart.Each(),
	})
}

// submitting gives each client an identity of its own, and shares connections out among them.
func submitting(ctx context.Context, i *bench.Instance, connections int) (func(context.Context, int) error, error) {
	villages, err := i.Villages(ctx)
	if err != nil {
		return nil, err
	}
	channels := make([]grpc.ClientConnInterface, connections)
	for n := range channels {
		if channels[n], err = i.Connect(); err != nil {
			return nil, err
		}
	}
	connected := make([]networkv1.TipServiceClient, clients)
	for client := range connected {
		conn, err := i.As(channels[client%connections], access.Principal{
			Subject: fmt.Sprintf("accounts/%d", client), Unit: villages[client%len(villages)], Roles: []string{"informant"},
		})
		if err != nil {
			return nil, err
		}
		connected[client] = networkv1.NewTipServiceClient(conn)
	}
	return func(ctx context.Context, client int) error {
		_, err := connected[client].SubmitTip(ctx, bench.NewTip(villages))
		return err
	}, nil
}
