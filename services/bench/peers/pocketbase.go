package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/qingfeng-suite/qingfeng/services/bench"
)

// pocketBase is a running PocketBase and its clients.
type pocketBase struct {
	cmd      *exec.Cmd
	folder   string
	url      string
	token    string
	villages []string
	clients  []*http.Client

	mu  sync.Mutex
	ids []string
}

// start starts PocketBase on an empty folder of the lab.
func start(ctx context.Context, i *bench.Instance) (*pocketBase, error) {
	villages, err := i.Villages(ctx)
	if err != nil {
		return nil, err
	}
	p := &pocketBase{folder: filepath.Join(i.Lab().Folder(), "pocketbase"), villages: villages}
	if p.cmd, p.url, err = launch(ctx, i, p.folder); err != nil {
		return nil, err
	}
	for range most {
		p.clients = append(p.clients, &http.Client{Transport: &http.Transport{DisableCompression: true}})
	}
	token, err := os.ReadFile(filepath.Join(p.folder, "token"))
	p.token = string(token)
	return p, err
}

func launch(ctx context.Context, i *bench.Instance, folder string) (*exec.Cmd, string, error) {
	at, err := bench.Free(ctx, 1)
	if err != nil {
		return nil, "", err
	}
	cmd, err := bench.Launch(ctx, folder+".log", "http://"+at[0]+"/api/health", i.Lab().PocketBase, "serve", "--http", at[0],
		"--dir", folder)
	return cmd, "http://" + at[0] + "/api/collections/tips/records", err
}

func (p *pocketBase) stop() error { return stop(p.cmd) }

// stop ends a program that has nothing to lose.
func stop(cmd *exec.Cmd) error {
	err := cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait() // PocketBase tells an interrupt as a failure
	return err
}

func (p *pocketBase) submit(ctx context.Context, client int) error {
	said := bench.NewTip(p.villages).GetContent()
	text, err := json.Marshal(map[string]string{
		"unit": said.GetUnit(), "subjectArea": said.GetSubjectArea(), "channel": said.GetChannel(), "title": said.GetTitle(),
		"body": said.GetBody(), "occurredOn": said.GetOccurredOn(),
	})
	if err != nil {
		return err
	}
	var resp struct{ ID string }
	if err := p.call(ctx, client, http.MethodPost, "", bytes.NewReader(text), &resp); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ids) < most {
		p.ids = append(p.ids, resp.ID)
	}
	return nil
}

func (p *pocketBase) get(ctx context.Context, client int) error {
	var resp struct{ ID, Unit, Title, Body string }
	//nolint:gosec // any will do
	return p.call(ctx, client, http.MethodGet, "/"+p.ids[rand.IntN(len(p.ids))], nil, &resp)
}

// list asks for the newest in the order that costs PocketBase least, and for no total.
func (p *pocketBase) list(ctx context.Context, client int) error {
	var resp struct{ Items []struct{ ID string } }
	return p.call(ctx, client, http.MethodGet, "?perPage=50&sort=-@rowid&skipTotal=1", nil, &resp)
}

func (p *pocketBase) call(ctx context.Context, client int, method, path string, body io.Reader, answer any) (err error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", p.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := p.clients[client].Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}
