package attack

import (
	"bytes"
	"context"
	"io"
	"net"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
)

// wire is an HTTP/2 connection of an attacker, who sends what frames it likes.
type wire struct {
	*http2.Framer

	conn    net.Conn
	ended   chan struct{} // closed once the other side has closed the connection
	block   bytes.Buffer
	headers *hpack.Encoder
	stream  uint32
}

// open begins a connection whose answers have a window of so many bytes each. What comes back is thrown away. A connection that
// the other side closes is closed here too, and shows when it is used; one that it no longer reads from ends with the attack.
func open(ctx context.Context, address string, window uint32) (*wire, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetWriteDeadline(clock.System{}.Now().Add(attackFor()))
	w := &wire{Framer: http2.NewFramer(conn, nil), conn: conn, ended: make(chan struct{})}
	w.headers = hpack.NewEncoder(&w.block)
	_, _ = io.WriteString(conn, http2.ClientPreface)
	_ = w.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
		close(w.ended)
	}()
	return w, nil
}

// hasEnded tells whether the connection was closed.
func (w *wire) hasEnded() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// call opens a stream for a method; it fails once the other side has closed the connection.
func (w *wire) call(method string, more ...hpack.HeaderField) error {
	w.block.Reset()
	for _, field := range append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: "http"},
		{Name: ":path", Value: method},
		{Name: ":authority", Value: "suite"},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"},
	}, more...) {
		if err := w.headers.WriteField(field); err != nil {
			return err
		}
	}
	w.stream = w.stream + 2 | 1
	return w.WriteHeaders(http2.HeadersFrameParam{StreamID: w.stream, BlockFragment: w.block.Bytes(), EndHeaders: true})
}

// send sends the message of the stream that was opened last, as the last.
func (w *wire) send(message []byte) error { return w.sendPart(message, true) }

// sendPart sends a message of the stream that was opened last, as the last or not.
func (w *wire) sendPart(message []byte, last bool) error {
	framed := append([]byte{0, 0, 0, byte(len(message) >> 8), byte(len(message))}, message...)
	return w.WriteData(w.stream, last, framed)
}
