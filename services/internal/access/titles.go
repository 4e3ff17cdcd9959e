package access

import (
	"context"
	"errors"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// withTitles has a refusal call units and roles by their titles where what refuses had only their names. It is done here, once
// the transaction has ended, so that no refusal waits for the directory. A caller whom no token names costs no look-up.
func (g *Gate) withTitles(ctx context.Context, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || !Recognized(ctx) {
		return err
	}
	return f.WithTitles(func(id string) words.Title { return g.titleOf(ctx, id) })
}

// titleOf is how a sentence calls a unit, by its name, or a role of the caller's scheme, by its id; both as they are where the
// directory doesn't know them.
func (g *Gate) titleOf(ctx context.Context, id string) words.Title {
	if strings.HasPrefix(id, resource.Units+"/") {
		unit, err := UnitEver(ctx, g.directory, id)
		if fault.IsNotFound(err) {
			unit, err = Coming(ctx, g.directory, id)
		}
		if err != nil {
			return words.Untitled(id)
		}
		return words.Titled(unit)
	}
	scheme, err := g.directory.Scheme(ctx, PrincipalOf(ctx).Unit)
	if err == nil {
		for _, role := range scheme.GetRoles() {
			if role.GetId() == id {
				return titleOfRole(role)
			}
		}
	}
	return words.Untitled(id)
}

// titleOfRole is how a sentence calls a role.
func titleOfRole(role *networkv1.Role) words.Title {
	return words.Title{ID: role.GetId(), Zh: role.GetTitle().GetZh(), En: role.GetTitle().GetEn()}
}
