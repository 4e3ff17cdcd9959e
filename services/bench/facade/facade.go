// Package facade measures the same calls over gRPC and over the HTTP façade.
package facade

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/bench"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

const (
	clients = 32
	bar     = 0.85
)

// Callers are the clients: each has a gRPC connection and an HTTP connection to itself, and one token for both.
type Callers struct {
	url      string
	villages []string
	tips     []string
	grpc     []networkv1.TipServiceClient
	http     []*http.Client
	tokens   []string
}

// Measure compares SubmitTip and GetTip over the two transports.
func Measure(ctx context.Context, i *bench.Instance) ([]bench.Figure, error) {
	c, err := Connect(ctx, i, clients, func() http.RoundTripper { return &http.Transport{} })
	if err != nil {
		return nil, err
	}
	load := bench.Load{Clients: clients, Rounds: 5, For: 2 * time.Second}
	if i.Full {
		load.Rounds, load.For = 9, 10*time.Second
	}
	outcomes, err := load.Compare(
		ctx, i,
		bench.Contender{Name: "HTTP", Do: c.SubmitHTTP}, bench.Contender{Name: "gRPC", Do: c.submitGRPC},
		bench.Contender{Name: "HTTP", Do: c.GetHTTP}, bench.Contender{Name: "gRPC", Do: c.getGRPC},
	)
	if err != nil {
		return nil, err
	}
	figures := make([]bench.Figure, 0, 2)
	for n, call := range []string{"SubmitTip", "GetTip"} {
		overHTTP, overGRPC := outcomes[2*n], outcomes[2*n+1]
		figures = append(figures, bench.Figure{
			What:  fmt.Sprintf("%s, %d clients: HTTP beside gRPC", call, clients),
			Suite: overHTTP.String(), Beside: overGRPC.String(), Value: overHTTP.Over(overGRPC), Bar: bench.Bar{AtLeast: bar},
			Note: overHTTP.Each() + "; " + overGRPC.Each(),
		})
	}
	return figures, nil
}

// Connect makes so many callers, their HTTP over transports of this kind.
func Connect(ctx context.Context, i *bench.Instance, n int, transport func() http.RoundTripper) (*Callers, error) {
	villages, err := i.Villages(ctx)
	if err != nil {
		return nil, err
	}
	c := &Callers{url: i.HTTP, villages: villages}
	for client := range n {
		officerKeys := access.Principal{
			Subject: fmt.Sprintf("accounts/%d", client), Unit: bench.City, Roles: []string{"informant", "clerk", "handler"},
		}
		channel, err := i.Connect()
		if err != nil {
			return nil, err
		}
		conn, err := i.As(channel, officerKeys)
		if err != nil {
			return nil, err
		}
		token, err := i.Token(officerKeys)
		if err != nil {
			return nil, err
		}
		c.grpc = append(c.grpc, networkv1.NewTipServiceClient(conn))
		c.http = append(c.http, &http.Client{Transport: transport()})
		c.tokens = append(c.tokens, "Bearer "+token)
		if err := c.submitGRPC(ctx, client); err != nil {
			return nil, err
		}
	}
	listed, err := c.grpc[0].ListTips(ctx, &networkv1.ListTipsRequest{Unit: bench.City})
	for _, tip := range listed.GetTips() {
		c.tips = append(c.tips, tip.GetName())
	}
	return c, err
}

func (c *Callers) submitGRPC(ctx context.Context, client int) error {
	_, err := c.grpc[client].SubmitTip(ctx, bench.NewTip(c.villages))
	return err
}

func (c *Callers) getGRPC(ctx context.Context, client int) error {
	_, err := c.grpc[client].GetTip(ctx, &networkv1.GetTipRequest{Name: c.anyTip()})
	return err
}

func (c *Callers) anyTip() string { return c.tips[rand.IntN(len(c.tips))] } //nolint:gosec // any will do

// submission is the JSON of SubmitTip, as a client without our protos would write it.
type submission struct {
	Content struct {
		Unit        string `json:"unit"`
		SubjectArea string `json:"subjectArea"`
		Channel     string `json:"channel"`
		Title       string `json:"title"`
		Body        string `json:"body"`
		OccurredOn  string `json:"occurredOn"`
	} `json:"content"`
	RequestID string `json:"requestId"`
}

// SubmitHTTP sends a tip.
func (c *Callers) SubmitHTTP(ctx context.Context, client int) error {
	tip := bench.NewTip(c.villages)
	body := submission{RequestID: tip.GetRequestId()}
	said := &body.Content
	said.Unit, said.SubjectArea, said.Channel = tip.GetContent().GetUnit(), tip.GetContent().GetSubjectArea(),
		tip.GetContent().GetChannel()
	said.Title, said.Body, said.OccurredOn = tip.GetContent().GetTitle(), tip.GetContent().GetBody(),
		tip.GetContent().GetOccurredOn()
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var resp struct{ Receipt, State, ReceiveTime string }
	return c.call(ctx, client, http.MethodPost, "/network/v1/tips:submit", bytes.NewReader(text), &resp)
}

// GetHTTP reads a tip.
func (c *Callers) GetHTTP(ctx context.Context, client int) error {
	var resp struct {
		Name, HandlingUnit, State, ReceiveTime, Outcome, ClosingReason, Etag string
		Content                                                              struct{ Unit, Title, Body string }
	}
	return c.call(ctx, client, http.MethodGet, "/network/v1/"+c.anyTip(), nil, &resp)
}

// ListHTTP reads the newest tips.
func (c *Callers) ListHTTP(ctx context.Context, client int) error {
	var resp struct{ Tips []struct{ Name string } }
	return c.call(ctx, client, http.MethodGet, "/network/v1/tips?unit="+bench.City+"&pageSize=50", nil, &resp)
}

// call does one HTTP call and reads its JSON answer.
func (c *Callers) call(ctx context.Context, client int, method, path string, body io.Reader, answer any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", c.tokens[client])
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http[client].Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}
