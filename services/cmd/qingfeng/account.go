package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

type accountCmd struct {
	Token tokenCmd `cmd:"" help:"Issue a bearer token, signed with the key in the data folder. The running instance is asked first whether unit, officer and roles exist."`
}

// A token holds for some time between these: it can't be withdrawn.
const (
	minTokenFor = time.Minute
	maxTokenFor = 90 * 24 * time.Hour
)

type tokenCmd struct {
	address

	Data    string        `help:"Folder of the instance; the same default as serve's." type:"path"`
	Unit    string        `help:"Unit the holder acts for, such as units/340500 or 340500; its subtree is the holder's reach. An officer's follows from the office."`
	Officer string        `help:"Officer in office that the token is for, such as officers/340503-…."`
	Role    []string      `help:"Roles of the scheme, or administrator." required:""`
	Subject string        `help:"Name of the person or system, such as accounts/zhang; an officer's own if left out."`
	For     time.Duration `help:"How long it holds, from 1m to 2160h (90 days)." default:"24h"`
	Out     string        `help:"File to write the token to, for --token-file and curl -H @FILE, readable by its owner alone; without it the token is printed." type:"path"`
}

// Run issues the token once the instance knows all that it names.
func (c tokenCmd) Run(ctx context.Context) error {
	holder, err := c.holder()
	if err != nil {
		return err
	}
	data, err := home(c.Data)
	if err != nil {
		return err
	}
	if _, err := os.Stat(keyFile(data)); err != nil {
		return fmt.Errorf("there is no instance in %s: %w", data, err)
	}
	tokens, err := access.OpenTokens(keyFile(data), clock.System{})
	if err != nil {
		return err
	}
	token, err := tokens.Issue(holder, c.For)
	if err != nil {
		return err
	}
	conn, err := c.dial(token)
	if err != nil {
		return err
	}
	if err := checkHolder(ctx, conn, holder); err != nil {
		return err
	}
	if c.Out != "" {
		return writeToken(c.Out, token)
	}
	_, err = fmt.Fprintln(os.Stdout, token)
	return err
}

// holder is who the token is for; an error where the flags don't say so, or say it twice.
func (c tokenCmd) holder() (access.Principal, error) {
	unit, officer := nameOf(resource.Units, c.Unit), nameOf(resource.Officers, c.Officer)
	p := access.Principal{Subject: cmp.Or(c.Subject, officer), Officer: officer, Unit: unit, Roles: c.Role}
	switch {
	case c.For < minTokenFor || c.For > maxTokenFor:
		return p, fmt.Errorf("--for %s: a token holds from %s to %s", c.For, minTokenFor, maxTokenFor)
	case (c.Unit == "") == (c.Officer == ""):
		return p, errors.New("name either --unit or --officer")
	case strings.Count(unit+officer, "/") > 1:
		return p, fmt.Errorf("%q is no name, such as units/340500 or officers/340503-…", c.Unit+c.Officer)
	case p.Subject == "":
		return p, errors.New("--subject names the person or system that the token is for")
	}
	return p, nil
}

// nameOf is the name of a record that a flag gives by its id or by its name.
func nameOf(collection, given string) string {
	return resource.Name(collection, idOf(collection, given))
}

// checkHolder asks the instance who the holder would be. The first administrator comes before the first unit.
func checkHolder(ctx context.Context, conn grpc.ClientConnInterface, holder access.Principal) error {
	who, err := networkv1.NewIdentityServiceClient(conn).WhoAmI(ctx, &networkv1.WhoAmIRequest{})
	switch {
	case err != nil:
		return fmt.Errorf("the instance did not agree: %w", err)
	case who.GetEndedUnit() != "":
		return fmt.Errorf("%s ended on %s; name %s, which acts for it", who.GetEndedUnit(), who.GetEndedOn(), who.GetSuccessor())
	case who.GetUnit() == "" && (who.GetRoot() != "" || !slices.Contains(holder.Roles, access.Administrator)):
		return fmt.Errorf("there is no unit %s in the instance, whose tree begins with %q", holder.Unit, who.GetRoot())
	case len(who.GetUnknownRoles()) > 0:
		return fmt.Errorf("the scheme that holds for %s has no role %s", who.GetUnit(), strings.Join(who.GetUnknownRoles(), ", "))
	}
	return nil
}

// bearer stands before the token in a file: so curl sends it as it is.
const bearer = "Authorization: Bearer "

// writeToken writes a token to a file of its own, so that it stands on no command line, which others on the machine can read.
func writeToken(file, token string) error { return writeFile(file, []byte(bearer+token+"\n")) }

// writeFile writes a file whole or not at all, for its owner alone. It is a new file, since one that is there already has a mode
// of its own.
func writeFile(file string, content []byte) error {
	written, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = written.Write(content)
	if err = errors.Join(err, written.Close()); err == nil {
		err = os.Rename(written.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(written.Name()))
	}
	return nil
}
