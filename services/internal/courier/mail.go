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

// Mail is one mail.
type Mail struct {
	// To is an address without a name.
	To string
	// ID becomes the local part of the Message-ID: the same whenever the letter is tried.
	ID string
	// Subject and Body are plain text. What would break a header is encoded.
	Subject, Body string
}

// CheckEmail fails on an address that no mail can go to: not of the form that RFC 5322 has, or with a name beside it.
func CheckEmail(address string) error {
	read, err := netmail.ParseAddress(address)
	if err == nil && read.Address != address {
		err = fmt.Errorf("%q is more than an address", address)
	}
	return err
}

// MailSession is an open connection to the mail server, for several letters.
type MailSession struct {
	courier *Courier
	client  *mail.Client
	conn    *smtp.Client
}

var errNoMailServer = &Failure{Reason: "NO_MAIL_SERVER"}

// OpenMailSession connects to the mail server. A failure holds for every letter.
func (c *Courier) OpenMailSession(ctx context.Context) (*MailSession, error) {
	if !c.HasMailServer() {
		return nil, errNoMailServer
	}
	client, err := c.mailClient()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, failureOf(err)
	}
	return &MailSession{courier: c, client: client, conn: conn}, nil
}

func (c *Courier) mailClient() (*mail.Client, error) {
	host, port, err := c.cfg.SMTP.hostPort()
	if err != nil {
		return nil, err
	}
	options := []mail.Option{
		mail.WithPort(port), mail.WithTimeout(Timeout),
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
		options = append(options, mail.WithUsername(c.cfg.SMTP.User), mail.WithPassword(c.password),
			mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover))
	}
	return mail.NewClient(host, options...)
}

// smtpServiceClosing is the code with which a server says that it ends the connection.
const smtpServiceClosing = 421

// Send hands one letter to the server. The error is a *Failure.
func (m *MailSession) Send(l Mail) error {
	msg, err := m.courier.compose(l)
	if err != nil {
		return &Failure{Reason: "ADDRESS_INVALID", Permanent: true, Refused: true, cause: err}
	}
	err = m.client.SendWithSMTPClient(m.conn, msg)
	if err == nil {
		return nil
	}
	var refused *mail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() > 0 {
		code := refused.ErrorCode()
		return &Failure{
			Reason: fmt.Sprintf("SMTP_%d", code), Permanent: !refused.IsTemp(), Refused: code != smtpServiceClosing, cause: err,
		}
	}
	return failureOf(err)
}

// Close ends the connection. That the server has ended it before is no fault.
func (m *MailSession) Close() { _ = m.client.CloseWithSMTPClient(m.conn) }

func (c *Courier) compose(l Mail) (*mail.Msg, error) {
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

// failureOf tells a network's error by a short reason. All of them may pass.
func failureOf(err error) *Failure {
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
