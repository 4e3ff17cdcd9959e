package suite

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"syscall"
)

// grpcListener is what is served to gRPC clients.
const grpcListener = "grpc"

// addressFlags are the flags that move each listener; "QINGFENG_HTTP" is the variable of "http".
var addressFlags = map[string][2]string{
	grpcListener:  {"--grpc", "QINGFENG_GRPC"},
	Gateway:       {"--http", "QINGFENG_HTTP"},
	adminListener: {"--admin", "QINGFENG_ADMIN"},
}

// ErrAddress is an address that can't be served. Its message is in English and Chinese, as all that stop a start are.
var ErrAddress = errors.New("address not served")

// cannotListen says which address can't be served and what moves it.
func cannotListen(listener, address string, cause error) error {
	en, zh := "can't be served", "无法监听"
	if errors.Is(cause, syscall.EADDRINUSE) {
		en, zh = "can't be served: another program uses it", "已被另一个程序占用"
	}
	flag, variable := addressFlags[listener][0], addressFlags[listener][1]
	return fmt.Errorf("%w: %s %s; name another with %s or %s, such as %s"+
		" / 地址 %s %s，请用参数 %s 或环境变量 %s 另行指定，例如 %s: %w",
		ErrAddress, address, en, flag, variable, nextPort(address), address, zh, flag, variable, nextPort(address), cause)
}

// nextPort is the address with the port after its own; the address itself where the port is no number.
func nextPort(address string) string {
	host, port, err := net.SplitHostPort(address)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || number >= math.MaxUint16 {
		return address
	}
	return net.JoinHostPort(host, strconv.FormatUint(number+1, 10))
}

// openListeners takes every address that will be served, before anything else takes its time to start.
func (s *Suite) openListeners(ctx context.Context) error {
	wanted := map[string]string{adminListener: s.cfg.Admin}
	if s.runsServices() {
		wanted[grpcListener] = s.cfg.Server.Listen
	}
	if s.cfg.hasTarget(Gateway) {
		wanted[Gateway] = s.cfg.HTTP
	}
	for name, address := range wanted {
		if address == "" {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			return cannotListen(name, address, err)
		}
		if name != adminListener {
			l = s.strangers.Listen(l)
		}
		s.listeners[name] = l
		s.closers = append(s.closers, func(context.Context) error {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil // by the server that served at it
		})
	}
	return nil
}
