package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/qingfeng-suite/qingfeng/gateway/httpconn"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/server"
	"github.com/qingfeng-suite/qingfeng/services/suite"
)

func keyFile(data string) string { return filepath.Join(data, "keys", "token.pem") }

type migrateCmd struct {
	DatabaseURL string   `help:"The PostgreSQL to migrate." name:"database-url" required:""`
	Target      []string `help:"Services to migrate; all if none is named."`
}

// Run migrates the schema of each service.
func (c migrateCmd) Run(ctx context.Context) error {
	for _, kind := range suite.Specs() {
		if len(c.Target) > 0 && !slices.Contains(c.Target, kind.Name) {
			continue
		}
		if err := suite.Migrate(ctx, c.DatabaseURL, kind); err != nil {
			return err
		}
		printf("%s is up to date\n", kind.Name)
	}
	return nil
}

// address is where a running instance is reached: through its gateway or, where all its services run together, over gRPC.
type address struct {
	Server string `help:"URL of the instance's gateway, or address of its gRPC, such as 127.0.0.1:9340." default:"http://127.0.0.1:8340"`
	CA     string `help:"PEM authorities that the instance's certificate must come from; without it https trusts the system's, and gRPC is not encrypted." name:"ca" type:"path"`
	Cert   string `help:"PEM certificate to show to the instance." type:"path"`
	Key    string `help:"PEM key of that certificate." type:"path"`
}

// remote is a running instance and who calls it.
type remote struct {
	address

	TokenFile string `help:"File with the bearer token of an administrator, as account token --out writes it; - for standard input." required:"" placeholder:"FILE"`
}

func (r remote) dial() (grpc.ClientConnInterface, error) {
	token, err := readToken(r.TokenFile)
	if err != nil {
		return nil, err
	}
	return r.address.dial(token)
}

// maxTokenFile bounds what is read as a token.
const maxTokenFile = 16 << 10

func readToken(file string) (string, error) {
	source := os.Stdin
	if file != "-" {
		var err error
		if source, err = os.Open(file); err != nil {
			return "", err
		}
		defer source.Close() //nolint:errcheck // it was only read
	}
	text, err := io.ReadAll(io.LimitReader(source, maxTokenFile))
	token := strings.TrimSpace(strings.TrimPrefix(string(text), bearer))
	if err == nil && token == "" {
		err = fmt.Errorf("no token in %s", file)
	}
	return token, err
}

// english has an instance answer in English, which is what the commands speak.
type english struct{ grpc.ClientConnInterface }

// Invoke asks for English.
func (e english) Invoke(ctx context.Context, method string, req, reply any, options ...grpc.CallOption) error {
	return e.ClientConnInterface.Invoke(metadata.AppendToOutgoingContext(ctx, "accept-language", "en"), method, req, reply,
		options...)
}

// dial connects with a token.
func (r address) dial(bearerToken string) (grpc.ClientConnInterface, error) {
	token := func() (string, error) { return bearerToken, nil }
	files := server.TLS{CA: r.CA, Cert: r.Cert, Key: r.Key}
	switch {
	case strings.HasPrefix(r.Server, "http://") && files != (server.TLS{}):
		return nil, errors.New("--ca, --cert and --key need an https:// server, or the address of its gRPC")
	case strings.HasPrefix(r.Server, "http://"), strings.HasPrefix(r.Server, "https://"):
		client, err := files.HTTPClient()
		return access.TokenConn{ClientConnInterface: english{httpconn.New(r.Server, client)}, Token: token}, err
	}
	conn, err := server.Dial(r.Server, files)
	return access.TokenConn{ClientConnInterface: english{conn}, Token: token}, err
}

type profileCmd struct {
	Load profileLoadCmd `cmd:"" help:"Load the schemes of a folder: network.yaml, risk.yaml, warning.yaml, assessment.yaml."`
}

type profileLoadCmd struct {
	remote

	Folder string `arg:"" help:"Folder of the profile." type:"existingdir"`
}

// Run loads what is new or changed, and says what it did.
func (c profileLoadCmd) Run(ctx context.Context) error {
	conn, err := c.dial()
	if err != nil {
		return err
	}
	results, err := profile.Load(ctx, conn, c.Folder)
	for _, r := range results {
		printf("%s: scheme %s\n", strings.TrimSuffix(r.File, ".yaml"), r.Outcome)
	}
	return err
}
