package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// Letter is one mail.
type Letter struct {
	// To is an address without a name.
	To string
	// ID becomes the local part of the Message-ID: the same whenever the letter is tried.
	ID string
	// Subject and Body are plain text. What would break a header is encoded.
	Subject, Body string
}

// Mails is an open connection to the mail server, for several letters.
type Mails struct {
	courier *Courier
	client  *mail.Client
	conn    *smtp.Client
}

var errNoServer = &Failure{Reason: "NO_MAIL_SERVER"}

// OpenMails connects to the mail server. A failure holds for every letter.
func (c *Courier) OpenMails(ctx context.Context) (*Mails, error) {
	if !c.Mails() {
		return nil, errNoServer
	}
	client, err := c.mailClient()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, failure(err)
	}
	return &Mails{courier: c, client: client, conn: conn}, nil
}

func (c *Courier) mailClient() (*mail.Client, error) {
	host, port, err := c.cfg.SMTP.hostPort()
	if err != nil {
		return nil, err
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(Within),
		mail.WithTLSConfig(&tls.Config{ServerName: host, RootCAs: c.roots, MinVersion: tls.VersionTLS12}),
	}
	switch c.cfg.SMTP.TLS {
	case TLS:
		options = append(options, mail.WithSSL())
	case NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.cfg.SMTP.User != "" {
		options = append(options, mail.WithUsername(c.cfg.SMTP.User), mail.WithPassword(c.password), mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
	}
	return mail.NewClient(host, options...)
}

// closing is the code with which a server says that it ends the connection.
const closing = 421

// Send hands one letter to the server. The error is a *Failure.
func (m *Mails) Send(l Letter) error {
	msg, err := m.courier.compose(l)
	if err != nil {
		return &Failure{Reason: "ADDRESS_INVALID", Permanent: true, Answered: true, cause: err}
	}
	err = m.client.SendWithSMTPClient(m.conn, msg)
	if err == nil {
		return nil
	}
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() > 0 {
		code := refused.ErrorCode()
		return &Failure{Reason: fmt.Sprintf("SMTP_%d", code), Permanent: !refused.IsTemp(), Answered: code != closing, cause: err}
	}
	return failure(err)
}

// Close ends the connection. That the server has ended it before is no fault.
func (m *Mails) Close() { _ = m.client.CloseWithSMTPClient(m.conn) }

func (c *Courier) compose(l Letter) (*mail.Msg, error) {
	from, err := netmail.ParseAddress(c.cfg.SMTP.From)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(l.To, "\r\n,;<>") {
		return nil, errors.New("more than an address")
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(c.cfg.SMTP.From), msg.To(l.To)); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(l.ID + "@" + domain)
	msg.SetDateWithValue(c.clock.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office answers
	msg.Subject(l.Subject)
	msg.SetBodyString(mail.TypeTextPlain, l.Body)
	return msg, nil
}

// failure tells a network's error by a short reason. All of them may pass.
func failure(err error) *Failure {
	f := &Failure{Reason: "UNREACHABLE", cause: err}
	var timeout net.Error
	var untrusted *tls.CertificateVerificationError
	var refused *textproto.Error
	switch {
	case errors.As(err, &refused): // at greeting or login
		f.Reason = fmt.Sprintf("SMTP_%d", refused.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.Reason = "TIMEOUT"
	case errors.As(err, &untrusted):
		f.Reason = "TLS"
	}
	return f
}
