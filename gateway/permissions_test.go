package gateway_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
)

// services are those of the suite; the tests link services of their own as well.
var services = []string{"network", "risk", "warning", "assessment"}

const permissionsHead = `# Permissions

What the roles of a network scheme may grant; ` + "`go test ./gateway -update`" + ` writes this page from the protos.
A role names a permission, all of a resource (` + "`network.tips.*`" + `), all of a service (` + "`network.*`" + `) or all (` + "`*`" + `);
a scheme with an unknown one is refused. A permission is a duty: a new RPC takes the one whose holders should have it, and the
schemes of the bodies stay as they are ([035](adr/035-access-defaults-and-duties.md)). A role reaches the caller's unit and all
below it ([004](adr/004-access.md)).
`

// TestTheDocsNameEveryPermission holds docs/permissions.md to what the RPCs ask for.
func TestTheDocsNameEveryPermission(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(permissionsHead)
	for _, service := range services {
		grants := grantsOf(t, service)
		fmt.Fprintf(&page, "\n## %s%s\n\n| permission | lets | 权限 | RPCs |\n|---|---|---|---|\n",
			strings.ToUpper(service[:1]), service[1:])
		for _, permission := range slices.Sorted(maps.Keys(grants)) {
			lets := words.Sentence{Key: "permission." + permission, Fallback: "–"}
			fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", permission, lets.In(words.English), lets.In(words.Chinese),
				strings.Join(grants[permission], ", "))
		}
	}
	golden(t, "../../docs/permissions.md", page.String())
}

// grantsOf names the RPCs of a service that each permission grants.
func grantsOf(t *testing.T, service string) map[string][]string {
	t.Helper()
	grants := map[string][]string{}
	for _, method := range accessv1.Methods() {
		rule, err := accessv1.Of(method)
		if err != nil {
			t.Fatal(err)
		}
		if string(method.ParentFile().Package()) != "qingfeng."+service+".v1" || rule.GetPermission() == "" {
			continue
		}
		grants[rule.GetPermission()] = append(grants[rule.GetPermission()], string(method.Name()))
	}
	for _, names := range grants {
		slices.Sort(names)
	}
	return grants
}
