// Command pocketbase is a peer that `make bench PEERS=1` measures beside the suite: PocketBase with one collection of tips, as
// durable as the suite. It writes a caller's token into its data folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

func main() {
	app := pocketbase.NewWithConfig(pocketbase.Config{DBConnect: connect})
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.InstallerFunc = nil // nobody is asked to make an administrator
		token, err := prepare(e.App)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(e.App.DataDir(), "token"), []byte(token), 0o600); err != nil {
			return err
		}
		return e.Next()
	})
	if err := app.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

// connect opens a database as PocketBase does, but for what a commit waits for: the disk, as in the suite.
func connect(path string) (*dbx.DB, error) {
	pragmas := []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "journal_size_limit(200000000)", "synchronous(FULL)", "foreign_keys(ON)",
		"temp_store(MEMORY)", "cache_size(-32000)",
	}
	return dbx.Open("sqlite", path+"?_pragma="+strings.Join(pragmas, "&_pragma="))
}

// prepare makes the collection and a user, and returns a token of the user.
func prepare(app core.App) (string, error) {
	tips := core.NewBaseCollection("tips")
	signedIn := types.Pointer("@request.auth.id != ''")
	tips.ListRule, tips.ViewRule, tips.CreateRule = signedIn, signedIn, signedIn
	for _, name := range []string{"unit", "subjectArea", "channel", "title", "occurredOn"} {
		tips.Fields.Add(&core.TextField{Name: name, Required: true, Max: 100})
	}
	tips.Fields.Add(&core.TextField{Name: "body", Required: true, Max: 10_000}, &core.AutodateField{
		Name: "created", OnCreate: true,
	})
	tips.AddIndex("tips_unit", false, "unit, created", "")
	tips.AddIndex("tips_newest", false, "created", "")
	if err := app.Save(tips); err != nil {
		return "", err
	}
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return "", err
	}
	user := core.NewRecord(users)
	user.SetEmail("clerk@example.org")
	user.SetRandomPassword()
	if err := app.Save(user); err != nil {
		return "", err
	}
	return user.NewAuthToken()
}
