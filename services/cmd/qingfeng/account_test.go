package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

// answers is an instance that answers WhoAmI.
type answers struct {
	grpc.ClientConnInterface

	who *networkv1.WhoAmIResponse
	err error
}

func (a answers) Invoke(_ context.Context, _ string, _, reply any, _ ...grpc.CallOption) error {
	message, _ := reply.(proto.Message)
	proto.Merge(message, a.who)
	return a.err
}

func TestATokenIsMadeOnlyForWhatTheInstanceKnows(t *testing.T) {
	t.Parallel()
	const unit = "units/1"
	for name, test := range map[string]struct {
		who   *networkv1.WhoAmIResponse
		role  string
		fault string
	}{
		"a known unit and role":       {who: &networkv1.WhoAmIResponse{Unit: unit, Root: unit}, role: "clerk"},
		"an administrator to begin":   {who: &networkv1.WhoAmIResponse{}, role: access.Administrator},
		"a clerk to begin":            {who: &networkv1.WhoAmIResponse{}, role: "clerk", fault: "no unit units/1"},
		"an administrator of no unit": {who: &networkv1.WhoAmIResponse{Root: "units/2"}, role: access.Administrator, fault: "units/2"},
		"a unit that ended": {
			who:  &networkv1.WhoAmIResponse{Root: "units/2", EndedUnit: unit, EndedOn: "2026-11-30", Successor: "units/3"},
			role: access.Administrator, fault: "units/1 ended on 2026-11-30; name units/3",
		},
		"a role that is not the scheme": {who: &networkv1.WhoAmIResponse{Unit: unit, UnknownRoles: []string{"king"}}, fault: "no role king"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkHolder(t.Context(), answers{who: test.who}, access.Principal{Unit: unit, Roles: []string{test.role}})
			if test.fault == "" {
				require.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.fault)
		})
	}
}

func TestWhatTheInstanceSaysIsPrintedInItsWords(t *testing.T) {
	t.Parallel()
	refused := status.Error(codes.PermissionDenied, "Zhang is not in office today.")
	assert.Equal(t, "the instance did not agree: Zhang is not in office today.",
		said(checkHolder(t.Context(), answers{err: refused}, access.Principal{})))
	assert.Equal(t, "u.csv: gone", said(fmt.Errorf("u.csv: %w", errors.New("gone"))))
}

func TestATokenSaysWhoItIsForAndHoldsForATime(t *testing.T) {
	t.Parallel()
	good := tokenCmd{Unit: "units/1", Subject: "accounts/a", Role: []string{"clerk"}, For: time.Hour}
	_, err := good.holder()
	require.NoError(t, err)
	for fault, edit := range map[string]func(*tokenCmd){
		"holds from":    func(c *tokenCmd) { c.For = 91 * 24 * time.Hour },
		"--for -1h0m0s": func(c *tokenCmd) { c.For = -time.Hour },
		"either":        func(c *tokenCmd) { c.Officer = "officers/1-a" },
		"no name":       func(c *tokenCmd) { c.Unit = "officers/1" },
		"--subject":     func(c *tokenCmd) { c.Subject = "" },
	} {
		asked := good
		edit(&asked)
		_, err := asked.holder()
		require.ErrorContains(t, err, fault)
	}
	for _, given := range []string{"officers/1-a", "1-a"} {
		officer, err := tokenCmd{Officer: given, Role: []string{"informant"}, For: time.Hour}.holder()
		require.NoError(t, err)
		assert.Equal(t, "officers/1-a", officer.Subject)
	}
	good.Unit = "1"
	clerk, err := good.holder()
	require.NoError(t, err)
	assert.Equal(t, "units/1", clerk.Unit, "an id and a name say the same")
}

func TestATokenIsReadFromTheFileThatItWasWrittenTo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, writeToken(file, "a.b.c"))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "Authorization: Bearer a.b.c\n", string(text), "curl -H @FILE sends it")
	token, err := readToken(file)
	require.NoError(t, err)
	assert.Equal(t, "a.b.c", token)
	require.NoError(t, os.WriteFile(file, []byte("\n"), 0o600))
	_, err = readToken(file)
	require.ErrorContains(t, err, "no token")
}
