package warnings

import (
	"context"
	"fmt"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// furtherUnits looks up the units of the further addressees, which the caller must reach as that of the first.
func (s *Server) furtherUnits(ctx context.Context, req *warningv1.IssueWarningRequest) ([]*networkv1.Unit, error) {
	var faults fault.Fields
	type post struct{ unit, position string }
	seen := map[post]bool{{req.GetUnit(), req.GetPosition()}: true}
	requirePost(&faults, "position", req.GetPosition(), req.GetPerson())
	units := make([]*networkv1.Unit, len(req.GetFurtherAddressees()))
	for i, a := range req.GetFurtherAddressees() {
		field, of := fmt.Sprintf("further_addressees[%d]", i), post{a.GetUnit(), a.GetPosition()}
		if a.GetUnit() == access.PrincipalOf(ctx).Unit {
			return nil, fault.Denied(words.OwnWarning())
		}
		if seen[of] {
			faults.Add(field, words.SameAddressee())
		}
		requirePost(&faults, field+".position", a.GetPosition(), a.GetPerson())
		seen[of] = true
		unit, err := access.LookUp(ctx, s.directory, field+".unit", a.GetUnit())
		if err != nil {
			return nil, err
		}
		if !access.Reaches(ctx, access.Path(unit)) {
			faults.Add(field+".unit", words.UnknownUnit(resource.ID(a.GetUnit())))
		}
		units[i] = unit
	}
	return units, faults.Err()
}

// requirePost notes a person who is warned as the holder of no post.
func requirePost(faults *fault.Fields, field, position, person string) {
	if person != "" && position == "" {
		faults.Add(field, words.Required())
	}
}

// address addresses a new warning to the units that are asked for and to the holders of posts there. Who holds a post is the
// issuer's to say: not every body keeps a register of positions.
func address(ctx context.Context, c *change, req *warningv1.IssueWarningRequest, units []*networkv1.Unit) error {
	asked := append([]*warningv1.Addressee{{Position: req.GetPosition(), Person: req.GetPerson()}}, req.GetFurtherAddressees()...)
	paths := make([]string, len(units))
	for i, unit := range units {
		c.Record.Addressees = append(c.Record.Addressees, &warningv1.Addressee{
			Number: int32(i + 1), Unit: unit.GetName(), UnitTitle: unit.GetTitle(),
			Position: asked[i].GetPosition(), Person: asked[i].GetPerson(),
		})
		paths[i] = access.Path(unit)
	}
	c.Beside[addresseePaths] = strings.Join(paths, " ")
	return db.New(c).AddAddressees(ctx, db.AddAddresseesParams{Region: c.Region, Key: c.Key, Paths: paths})
}
