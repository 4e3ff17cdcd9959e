package main

import "github.com/qingfeng-suite/qingfeng/services/internal/courier"

// delivery is how messages to units leave the instance.
type delivery struct {
	SMTP             string   `help:"Mail server that takes the instance's mails, host:port; without it no mail is sent." name:"smtp"`
	SMTPFrom         string   `help:"Sender's address of mails." name:"smtp-from"`
	SMTPTLS          string   `help:"How the connection to the mail server is secured; none only to one on this machine." name:"smtp-tls" enum:"starttls,tls,none" default:"starttls"`
	SMTPUser         string   `help:"Account at the mail server." name:"smtp-user"`
	SMTPPasswordFile string   `help:"File with the password of that account." name:"smtp-password-file" type:"path"`
	WebhookPlain     bool     `help:"Let webhooks be http, on a closed network." name:"webhook-plain"`
	WebhookAllow     []string `help:"Hosts and networks that webhooks may lie in though they are not public, such as oa.example or 10.1.0.0/16." name:"webhook-allow"`
	DeliveryCA       string   `help:"PEM authorities, besides the system's, that certificates of mail server and webhooks may come from." name:"delivery-ca" type:"path"`
}

func (d delivery) config() courier.Config {
	return courier.Config{
		SMTP: courier.SMTP{
			Address: d.SMTP, From: d.SMTPFrom, TLS: d.SMTPTLS, User: d.SMTPUser, PasswordFile: d.SMTPPasswordFile,
		},
		Webhook: courier.Webhook{Plain: d.WebhookPlain, Allow: d.WebhookAllow},
		CA:      d.DeliveryCA,
	}
}
