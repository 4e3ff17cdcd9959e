package access

import (
	"context"
	"slices"
	"sync"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// permissions are those that the RPCs of the suite ask for.
var permissions = sync.OnceValue(func() []string {
	var all []string
	for _, method := range accessv1.Methods() {
		if rule, err := accessv1.Of(method); err == nil && rule.GetPermission() != "" {
			all = append(all, rule.GetPermission())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})

// IsPermission tells whether a permission of a role, which may end in ".*", grants what any RPC asks for.
func IsPermission(permission string) bool {
	return slices.ContainsFunc(permissions(), func(asked string) bool { return grants(permission, asked) })
}

// Granted are the permissions that roles grant, in order.
func Granted(roles []*networkv1.Role) []string {
	return slices.DeleteFunc(slices.Clone(permissions()), func(asked string) bool {
		return !slices.ContainsFunc(roles, func(role *networkv1.Role) bool {
			return grantsPermission(role, asked)
		})
	})
}

// RequirePermission requires that one of the caller's roles grants a permission that a part of the call takes besides its own.
func RequirePermission(ctx context.Context, d Directory, permission string) error {
	held, err := Holds(ctx, d, permission)
	if err != nil || held {
		return err
	}
	scheme, err := d.Scheme(ctx, PrincipalOf(ctx).Unit)
	if err != nil {
		return err
	}
	var others []words.Title
	for _, role := range scheme.GetRoles() {
		if grantsPermission(role, permission) {
			others = append(others, titleOfRole(role))
		}
	}
	return fault.Denied(words.PermissionDenied(permission, OrNobody(others)))
}

func grantsPermission(role *networkv1.Role, permission string) bool {
	return slices.ContainsFunc(role.GetPermissions(), func(held string) bool { return grants(held, permission) })
}

// Holds tells whether one of the caller's roles grants a permission.
func Holds(ctx context.Context, d Directory, permission string) (bool, error) {
	caller := PrincipalOf(ctx)
	if caller.IsAdministrator() {
		return true, nil
	}
	scheme, err := d.Scheme(ctx, caller.Unit)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(scheme.GetRoles(), func(role *networkv1.Role) bool {
		return slices.Contains(caller.Roles, role.GetId()) && grantsPermission(role, permission)
	}), nil
}
