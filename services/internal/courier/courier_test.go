package courier_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier"
	"github.com/qingfeng-suite/qingfeng/services/internal/courier/couriertest"
)

var start = time.Date(2026, time.November, 2, 1, 0, 0, 0, time.UTC)

func open(t *testing.T, cfg courier.Config) *courier.Courier {
	t.Helper()
	c, err := courier.New(cfg, filepath.Join(t.TempDir(), "delivery.key"), clock.NewManual(start))
	require.NoError(t, err)
	return c
}

// reason is why a delivery failed, with "!" where it failed for good; empty where it did not.
func reason(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var f *courier.Failure
	require.ErrorAs(t, err, &f)
	if f.Permanent {
		return f.Reason + "!"
	}
	return f.Reason
}

func TestACallIsSignedAndNamesItself(t *testing.T) {
	t.Parallel()
	hook := couriertest.NewHook(t)
	c := open(t, courier.Config{CA: hook.CA(t), Webhook: courier.Webhook{Allow: []string{"127.0.0.0/8"}}})
	call := courier.Call{URL: hook.URL + "/in?x=1", Name: "contactPoints/340503-1", ID: "m.c", Body: []byte(`{"a":"清"}`)}
	require.NoError(t, c.Post(t.Context(), call))
	calls := hook.Calls()
	require.Len(t, calls, 1)
	header := calls[0].Header
	assert.Equal(t, "m.c", header.Get("Webhook-Id"))
	assert.Equal(t, "1793581200", header.Get("Webhook-Timestamp"))
	secret, err := c.Secret(call.Name)
	require.NoError(t, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(t, err)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("m.c.1793581200." + calls[0].Body))
	assert.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), header.Get("Webhook-Signature"))
	other, err := c.Secret("contactPoints/340503-2")
	require.NoError(t, err)
	assert.NotEqual(t, secret, other)
}

func TestAnAnswerIsReadByItsStatusAlone(t *testing.T) {
	t.Parallel()
	hook := couriertest.NewHook(t)
	c := open(t, courier.Config{CA: hook.CA(t), Webhook: courier.Webhook{Allow: []string{"127.0.0.1"}}})
	for status, want := range map[int]string{
		200: "", 204: "", 302: "HTTP_302", 307: "HTTP_307", 404: "HTTP_404", 410: "HTTP_410!", 429: "HTTP_429", 500: "HTTP_500",
	} {
		hook.Answer(status)
		before := len(hook.Calls())
		assert.Equal(t, want, reason(t, c.Post(t.Context(), courier.Call{URL: hook.URL})), status)
		assert.Len(t, hook.Calls(), before+1, "no redirect is followed")
	}
	gone, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	assert.Equal(t, "TIMEOUT", reason(t, c.Post(gone, courier.Call{URL: hook.URL})))
	strange := open(t, courier.Config{Webhook: courier.Webhook{Allow: []string{"127.0.0.1"}}})
	assert.Equal(t, "TLS", reason(t, strange.Post(t.Context(), courier.Call{URL: hook.URL})))
	hook.Close()
	assert.Equal(t, "UNREACHABLE", reason(t, c.Post(t.Context(), courier.Call{URL: hook.URL})))
}

func TestPrivateAddressIsRefusedUnlessAllowed(t *testing.T) {
	t.Parallel()
	hook := couriertest.NewHook(t)
	c := open(t, courier.Config{
		CA: hook.CA(t), Webhook: courier.Webhook{Plain: true, Allow: []string{"oa.example", "10.1.0.0/16", "fd00::/8"}},
	})
	_, port, _ := strings.Cut(strings.TrimPrefix(hook.URL, "https://"), ":")
	for _, url := range []string{
		hook.URL, "https://localhost:" + port, "https://[::ffff:127.0.0.1]:" + port, "https://0.0.0.0:" + port,
	} {
		assert.Equal(t, "ADDRESS_NOT_ALLOWED!", reason(t, c.Post(t.Context(), courier.Call{URL: url})), url)
	}
	assert.Empty(t, hook.Calls())
	for _, url := range []string{
		"https://192.168.1.1/", "https://10.2.0.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/",
		"https://[fe80::1]/",
		"https://100.64.0.1/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://224.0.0.1/", "https://0.0.0.0/",
		"ftp://example.org/", "https://user:pass@example.org/", "https://", "example.org", "https://example.org/#x",
		"javascript:alert(1)", "https://%zz/", "", "https://example.org:99999/", "https://.a.example.org/", "https://example.org:0/",
	} {
		require.Error(t, c.CheckURL(url), url)
	}
	for _, url := range []string{
		"https://example.org/a?b=c", "http://example.org:8080", "https://10.1.2.3/", "https://OA.example/in",
		"https://[fd00::1]/", "https://8.8.8.8/",
	} {
		require.NoError(t, c.CheckURL(url), url)
	}
	require.Error(t, open(t, courier.Config{}).CheckURL("http://example.org/"), "plain http must be allowed")
}

func TestUnsafeConfigIsRefused(t *testing.T) {
	t.Parallel()
	good := courier.SMTP{Address: "mail.example:587", From: "清风 <qf@example.org>", TLS: courier.StartTLS}
	require.NoError(t, courier.Config{SMTP: good}.Validate())
	for name, change := range map[string]func(*courier.Config){
		"no TLS to another machine": func(c *courier.Config) { c.SMTP.TLS = courier.NoTLS },
		"an unknown TLS":            func(c *courier.Config) { c.SMTP.TLS = "" },
		"no port":                   func(c *courier.Config) { c.SMTP.Address = "mail.example" },
		"a port that is none":       func(c *courier.Config) { c.SMTP.Address = "mail.example:0" },
		"no sender":                 func(c *courier.Config) { c.SMTP.From = "" },
		"a sender of two lines":     func(c *courier.Config) { c.SMTP.From = "a@b.c\r\nBcc: d@e.f" },
		"no password":               func(c *courier.Config) { c.SMTP.User = "a" },
		"no address":                func(c *courier.Config) { c.SMTP.Address = "" },
		"a URL to allow":            func(c *courier.Config) { c.Webhook.Allow = []string{"https://oa.example"} },
		"a faulty network":          func(c *courier.Config) { c.Webhook.Allow = []string{"10.0.0.0/33"} },
		"nothing to allow":          func(c *courier.Config) { c.Webhook.Allow = []string{""} },
	} {
		cfg := courier.Config{SMTP: good}
		change(&cfg)
		require.Error(t, cfg.Validate(), name)
	}
	key := filepath.Join(t.TempDir(), "delivery.key")
	require.NoError(t, os.WriteFile(key, []byte("short"), 0o600))
	_, err := courier.New(courier.Config{}, key, clock.NewManual(start))
	require.ErrorContains(t, err, "delivery key")
	_, err = courier.New(courier.Config{CA: key}, filepath.Join(t.TempDir(), "k"), clock.NewManual(start))
	require.ErrorContains(t, err, "PEM")
}

func TestOnlyAnAddressIsMailedTo(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a@example.org", "a.b+c@example.org", "a@oa.example", "值班@example.org"} {
		require.NoError(t, courier.CheckEmail(good), good)
	}
	for _, bad := range []string{
		".a@example.org", "a.@example.org", "a..b@example.org", "张三 <a@example.org>", "<a@example.org>", "a@", "@b", "a", "",
		"a@b, c@d", "a@b\r\nBcc: c@d",
	} {
		require.Error(t, courier.CheckEmail(bad), bad)
	}
}

func mails(t *testing.T, c *courier.Courier, letters ...courier.Mail) []string {
	t.Helper()
	m, err := c.OpenMailSession(t.Context())
	require.NoError(t, err)
	defer m.Close()
	var reasons []string
	for _, l := range letters {
		reasons = append(reasons, reason(t, m.Send(l)))
	}
	return reasons
}

func TestMailHasItsContentAndARefusalStopsNoOther(t *testing.T) {
	t.Parallel()
	server := couriertest.NewMailServer(t)
	server.Start()
	server.Refuse("nobody@example.org", &smtp.SMTPError{Code: 550, Message: "no such user"})
	server.Refuse("full@example.org", &smtp.SMTPError{Code: 452, Message: "full"})
	c := open(t, courier.Config{SMTP: courier.SMTP{Address: server.Address, From: "清风 <qf@example.org>", TLS: courier.NoTLS}})
	got := mails(t, c, courier.Mail{To: "nobody@example.org", ID: "1", Subject: "a", Body: "b"},
		courier.Mail{To: "full@example.org", ID: "2", Subject: "a", Body: "b"},
		courier.Mail{To: "a@b.c\r\nBcc: d@e.f", ID: "3", Subject: "a", Body: "b"},
		courier.Mail{To: "a@b.c, d@e.f", ID: "3", Subject: "a", Body: "b"},
		courier.Mail{To: "duty@example.org", ID: "key.point", Subject: "月报尚未报送", Body: "月报尚未报送\nreports/1\n"})
	assert.Equal(t, []string{"SMTP_550!", "SMTP_452", "ADDRESS_INVALID!", "ADDRESS_INVALID!", ""}, got)
	to, texts := server.Mails()
	require.Equal(t, []string{"duty@example.org"}, to)
	assert.Equal(t, 1, server.Sessions())
	read, err := mail.ReadMessage(strings.NewReader(texts[0]))
	require.NoError(t, err)
	subject, err := (&mime.WordDecoder{}).DecodeHeader(read.Header.Get("Subject"))
	require.NoError(t, err)
	assert.Equal(t, "月报尚未报送", subject)
	assert.Equal(t, "<key.point@example.org>", read.Header.Get("Message-Id"))
	assert.Equal(t, "auto-generated", read.Header.Get("Auto-Submitted"))
	assert.Equal(t, "Mon, 02 Nov 2026 01:00:00 +0000", read.Header.Get("Date"))
}

// TestNoSubjectBreaksAHeader: whatever a sentence holds, the mail has the headers it should and no other.
func TestNoSubjectBreaksAHeader(t *testing.T) {
	t.Parallel()
	server := couriertest.NewMailServer(t)
	server.Start()
	c := open(t, courier.Config{SMTP: courier.SMTP{Address: server.Address, From: "qf@example.org", TLS: courier.NoTLS}})
	m, err := c.OpenMailSession(t.Context())
	require.NoError(t, err)
	defer m.Close()
	rapid.Check(t, func(rt *rapid.T) {
		subject := rapid.OneOf(rapid.String(),
			rapid.StringMatching(`[a-z]{0,5}(\r\n|\n|\r)(Bcc|X-Evil): [a-z@.]{1,9}(\r\n\r\n|\n)?x?`)).Draw(rt, "subject")
		if err := m.Send(courier.Mail{To: "duty@example.org", ID: "1", Subject: subject, Body: "b"}); err != nil {
			return // refused is safe as well
		}
		to, texts := server.Mails()
		read, err := mail.ReadMessage(strings.NewReader(texts[len(texts)-1]))
		require.NoError(rt, err)
		require.Equal(rt, "duty@example.org", to[len(to)-1])
		for name := range read.Header {
			require.Contains(rt, []string{
				"Subject", "From", "To", "Date", "Message-Id", "Auto-Submitted", "Mime-Version", "Content-Type",
				"Content-Transfer-Encoding",
			}, name)
		}
		body, err := io.ReadAll(read.Body)
		require.NoError(rt, err)
		require.Equal(rt, "b", strings.TrimSpace(string(body)))
	})
}

func TestAMailServerIsTrustedByItsCertificateAndKnowsItsAccount(t *testing.T) {
	t.Parallel()
	hook, server := couriertest.NewHook(t), couriertest.NewMailServer(t)
	server.TLS = hook.TLS.Clone()
	server.TLS.NextProtos = nil
	server.Start()
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte(couriertest.Password+"\n"), 0o600))
	cfg := courier.Config{CA: hook.CA(t), SMTP: courier.SMTP{
		Address: server.Address, From: "qf@example.org", TLS: courier.StartTLS, User: couriertest.Account, PasswordFile: password,
	}}
	letter := courier.Mail{To: "duty@example.org", ID: "1", Subject: "a", Body: "b"}
	assert.Equal(t, []string{""}, mails(t, open(t, cfg), letter))
	require.NoError(t, os.WriteFile(password, []byte("wrong"), 0o600))
	_, err := open(t, cfg).OpenMailSession(t.Context())
	assert.Equal(t, "SMTP_535", reason(t, err))
	cfg.CA = ""
	_, err = open(t, cfg).OpenMailSession(t.Context())
	assert.Equal(t, "TLS", reason(t, err))
	server.Stop()
	_, err = open(t, cfg).OpenMailSession(t.Context())
	assert.Equal(t, "UNREACHABLE", reason(t, err))
	_, err = open(t, courier.Config{}).OpenMailSession(t.Context())
	assert.Equal(t, "NO_MAIL_SERVER", reason(t, err))
	assert.False(t, open(t, courier.Config{}).HasMailServer())
}
