package schemes

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// roles is a directory whose network scheme has these roles.
type roles struct {
	access.Directory

	ids []string
}

func (r roles) Scheme(context.Context, string) (*networkv1.Scheme, error) {
	scheme := &networkv1.Scheme{}
	for _, id := range r.ids {
		scheme.Roles = append(scheme.Roles, &networkv1.Role{Id: id})
	}
	return scheme, nil
}

func TestSchemeNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	err := checkScheme(t.Context(), roles{ids: []string{"handler"}}, &warningv1.Scheme{WarningLevels: []*warningv1.WarningLevel{
		{Id: "blue", Criterion: "tips >", Forms: []*warningv1.Form{
			{Id: "a"}, {Id: "a", Notice: &typev1.Text{Zh: "{unit}{who}"}},
		}},
		{
			Id: "blue", Criterion: "tips > 1", IssuerRoles: []string{"handler", access.Administrator},
			ApproverRoles: []string{"handlr"},
		},
	}})
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	paths := make([]string, len(f.Fields))
	for i, field := range f.Fields {
		paths[i] = field.Path + " " + field.Key
	}
	assert.ElementsMatch(t, []string{
		"scheme.warning_levels[1].id duplicate", "scheme.warning_levels[0].forms[1].id duplicate",
		"scheme.warning_levels[0].criterion expression", "scheme.warning_levels[1].approver_roles[0] unknown_role",
		"scheme.warning_levels[0].forms[1].notice.zh unknown_term",
	}, paths, strings.Join(paths, ", "))
}
