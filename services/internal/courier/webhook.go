package courier

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Call is one call to a webhook.
type Call struct {
	URL string
	// Name of the contact point, which its secret is made from.
	Name string
	// ID is the same whenever the call is tried.
	ID string
	// Body is JSON.
	Body []byte
}

var (
	errNotAllowed = errors.New("the address is not public and not allowed")
	errURL        = errors.New("no URL that can be called")
)

// Gone is the reason of a failure by which a receiver says that it wants nothing any more.
const Gone = "HTTP_410"

// maxAnswer is how much of an answer is read, so that a small one ends its connection in order. What it says is ignored.
const maxAnswer = 16 << 10

// CheckURL fails on a URL that no webhook may have: its scheme, what it holds besides host and path, or an address in it that
// may not be called. A name is resolved when it is called, and judged then.
func (c *Courier) CheckURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || !isHost(u.Hostname()) || u.User != nil || u.Fragment != "" || u.Opaque != "":
		return errURL
	case u.Scheme != "https" && (u.Scheme != "http" || !c.cfg.Webhook.Plain):
		return errURL
	case u.Port() != "" && !isPort(u.Port()):
		return errURL
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !c.allowsHost(u.Hostname()) && !c.allows(ip) {
		return errNotAllowed
	}
	return nil
}

// isHost tells whether a host has no empty part, such as one that begins with a dot.
func isHost(host string) bool {
	return host != "" && !strings.HasPrefix(host, ".") && !strings.Contains(host, "..")
}

// Post calls a webhook, signed after the Standard Webhooks specification. Only an answer of 2xx is success; redirects are
// not followed. The error is a *Failure.
func (c *Courier) Post(ctx context.Context, call Call) error {
	if err := c.CheckURL(call.URL); err != nil {
		return &Failure{Reason: "ADDRESS_NOT_ALLOWED", Permanent: true, cause: err}
	}
	secret, err := c.secret(call.Name)
	if err != nil {
		return failureOf(err)
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return &Failure{Reason: "ADDRESS_NOT_ALLOWED", Permanent: true, cause: err}
	}
	at := strconv.FormatInt(c.clock.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "qingfeng")
	req.Header.Set("Webhook-Id", call.ID)
	req.Header.Set("Webhook-Timestamp", at)
	req.Header.Set("Webhook-Signature", "v1,"+sign(secret, call.ID, at, call.Body))
	resp, err := c.http.Do(req)
	if errors.Is(err, errNotAllowed) {
		return &Failure{Reason: "ADDRESS_NOT_ALLOWED", Permanent: true, cause: err}
	}
	if err != nil {
		return failureOf(err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing of it is used
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode/100 == 2 {
		return nil
	}
	reason := fmt.Sprintf("HTTP_%d", resp.StatusCode)
	return &Failure{Reason: reason, Permanent: reason == Gone, Refused: true}
}

// sign is HMAC-SHA256 over id, time and body.
func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// newHTTP is a client that reaches what may be reached: no proxy from the environment, no redirect, and every address is
// judged once its name has been resolved, just before it is connected to.
func (c *Courier) newHTTP() *http.Client {
	return &http.Client{
		Timeout:       Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				dialer := &net.Dialer{Timeout: Timeout}
				if host, _, err := net.SplitHostPort(address); err != nil || !c.allowsHost(host) {
					dialer.Control = c.checkAddress
				}
				return dialer.DialContext(ctx, network, address)
			},
			TLSClientConfig:        &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: maxAnswer,
			DisableKeepAlives:      true, // messages are few and far between
			DisableCompression:     true,
		},
	}
}

func (c *Courier) checkAddress(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !c.allows(target.Addr()) {
		return errNotAllowed
	}
	return nil
}

// allowsHost tells whether a host is allowed by its name, wherever it may lie.
func (c *Courier) allowsHost(host string) bool {
	return slices.ContainsFunc(c.cfg.Webhook.Allow, func(entry string) bool { return strings.EqualFold(entry, host) })
}

// allows tells whether an address may be called: it is public, or lies in an allowed network.
func (c *Courier) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	for _, entry := range c.cfg.Webhook.Allow {
		if network, err := netip.ParsePrefix(entry); err == nil && network.Contains(ip) {
			return true
		}
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!slices.ContainsFunc(nonPublicNetworks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// nonPublicNetworks are the special networks that net/netip does not know of as such (RFC 6890): those that lead to the inside of
// a provider or a host, that carry an IPv4 address within, or that nobody has.
var nonPublicNetworks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fec0::/10"),
}
