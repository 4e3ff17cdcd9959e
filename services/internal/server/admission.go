package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/qingfeng-suite/qingfeng/gateway/fair"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// How much there may be at once, of all callers together. Those without a token can't be told apart, and count as one.
const (
	callsAtWork = 256
	// callsWaiting are those that wait for a slot, their message being there.
	callsWaiting = 256
	// callsComing are those whose message is on its way. Each may hold the largest message.
	callsComing = 128
	// Streams last as long as their callers like.
	streamsAtOnce = 128
	// sharedAtOnce are those that cost little more than their connection.
	sharedAtOnce      = 1200
	reflectionsAtOnce = 16
	sessionsAtOnce    = 64 // of the public services
)

// admission lets a call work once its message is there and a slot is free, and refuses what comes beyond. Calls that services
// make in their own name pass: each is part of a call that was let in.
type admission struct {
	coming  *fair.Room
	slots   *slots
	answers *answers
	refused prometheus.Counter
}

func newAdmission(answers *answers, refused prometheus.Counter) *admission {
	return &admission{
		coming: fair.NewRoom(callsComing), slots: newSlots(callsAtWork, callsWaiting), answers: answers, refused: refused,
	}
}

// intercept receives the message of a call and lets it in, or refuses it with the time after which it may come again.
func (a *admission) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	caller := access.PrincipalOf(ctx)
	if caller.Service != "" {
		return received(ctx, req, next)
	}
	if err := a.enter(ctx, caller.Subject, req); err != nil {
		return nil, err
	}
	defer a.slots.give(caller.Subject)
	answer, err := next(ctx, req)
	if err != nil {
		return nil, err
	}
	return a.answers.to(ctx, caller.Subject, answer), nil
}

// enter receives the message of a call, and takes a slot for it. Where there is none to be had nothing is received.
func (a *admission) enter(ctx context.Context, caller string, req any) error {
	if a.slots.full(caller) || a.answers.room.Full(caller) {
		a.refused.Inc()
		return fault.Busy()
	}
	coming := a.coming.Enter(caller, 1, func() { refuse(ctx) })
	err := receive(ctx, req)
	stayed := coming.Leave()
	if stayed && err != nil {
		return err
	}
	if stayed && a.slots.take(ctx, caller) {
		return nil
	}
	a.refused.Inc()
	return fault.Busy()
}

// lasting lets streams in, the oldest of the caller with the most of which end when others need room.
type lasting struct {
	room    *fair.Room
	answers *answers
	refused prometheus.Counter
}

func newLasting(atOnce int64, answers *answers, refused prometheus.Counter) *lasting {
	return &lasting{fair.NewRoom(atOnce), answers, refused}
}

// intercept receives the request of a stream and lets it in.
func (l *lasting) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	caller := access.PrincipalOf(ctx)
	if caller.Service != "" {
		return received(ctx, req, next)
	}
	return l.enter(ctx, caller.Subject, req, next)
}

// enter is intercept for a caller who is known otherwise.
func (l *lasting) enter(ctx context.Context, caller string, req any, next grpc.UnaryHandler) (any, error) {
	if l.answers.room.Full(caller) {
		l.refused.Inc()
		return nil, fault.Busy()
	}
	place := l.room.Enter(caller, 1, func() { refuse(ctx) })
	defer place.Leave()
	answer, err := received(ctx, req, func(ctx context.Context, req any) (any, error) {
		settle(ctx)
		return next(ctx, req)
	})
	if !place.In() {
		l.refused.Inc()
		err = fault.Busy()
	}
	return answer, err
}

type settleKey struct{}

// withSettle notes how a stream stops to count among the calls that have begun.
func withSettle(ctx context.Context, settle func()) context.Context {
	return context.WithValue(ctx, settleKey{}, settle)
}

// settle has a stream count no more among the calls that have begun, as it has come and lasts.
func settle(ctx context.Context) {
	if settle, ok := ctx.Value(settleKey{}).(func()); ok {
		settle()
	}
}

// refuse answers a call from outside of its handler, which waits for a message: gRPC then ends the wait. Ended by its context
// alone, the caller would be told CANCELLED. A call within the process has its message, and waits for nothing that this ends.
func refuse(ctx context.Context) {
	stream, ok := grpc.ServerTransportStreamFromContext(ctx).(interface {
		WriteStatus(said *status.Status) error
	})
	if ok {
		_ = stream.WriteStatus(fault.Status(words.CallerLang(ctx), access.RequestID(ctx), fault.Busy())) // who is gone needs none
	}
}

// refusals counts what was refused since too much was asked at once: by kind a call, a stream or an answer.
func refusals(registry prometheus.Registerer) (*prometheus.CounterVec, error) {
	refused := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "qingfeng_calls_refused_total",
		Help: "Calls and streams refused since too much was asked at once, and answers given up that were not read.",
	}, []string{"kind"})
	return refused, registry.Register(refused)
}
