package publications

import (
	"fmt"
	"slices"

	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// register is the entries that publications of a kind hold.
type register struct {
	collection string // in their names
	entry      proto.Message
}

var registers = map[riskv1.RegisterKind]register{
	riskv1.RegisterKind_REGISTER_KIND_POWER_ITEMS: {resource.PowerItems, &riskv1.PowerItem{}},
	riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS: {resource.RiskPoints, &riskv1.RiskPoint{}},
}

// field is a field of an entry; nil where it has none of this name.
func (r register) field(name string) protoreflect.FieldDescriptor {
	if r.entry == nil {
		return nil
	}
	return r.entry.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
}

// jsonNames are fields as they stand in stored bodies.
func (r register) jsonNames(fields []string) []string {
	names := make([]string, len(fields))
	for i, name := range fields {
		names[i] = r.field(name).JSONName()
	}
	return names
}

// jsonNamesByField are all fields as they stand in stored bodies, by what publications call them.
func (r register) jsonNamesByField() map[string]string {
	fields := r.entry.ProtoReflect().Descriptor().Fields()
	names := make(map[string]string, fields.Len())
	for i := range fields.Len() {
		names[string(fields.Get(i).Name())] = fields.Get(i).JSONName()
	}
	return names
}

// CheckKinds notes what is wrong with the kinds of publications of a scheme that the proto's rules can't say.
func CheckKinds(faults *fault.Fields, kinds []*riskv1.PublicationKind) {
	const list = "scheme.publication_kinds"
	schemes.CheckUnique(faults, list, kinds)
	for i, kind := range kinds {
		at := fmt.Sprintf("%s[%d].", list, i)
		schemes.CheckUnique(faults, at+"places", kind.GetPlaces())
		schemes.CheckUnique(faults, at+"filed_with", kind.GetFiledWith())
		checkFilingLimit(faults, at+"filing_limit", kind)
		schemes.CheckAllKnown(faults, at+"public_places", kind.GetPublicPlaces(), kind.GetPlaces())
		if kind.GetObjections() != nil && kind.GetPublicity() == nil {
			faults.Add(at+"publicity", words.Required()) // else objections could be sent for ever, and keep it from ending
		}
		if kind.GetShowsControls() && kind.GetRegister() != riskv1.RegisterKind_REGISTER_KIND_RISK_POINTS {
			faults.Add(at+"shows_controls", words.Contradiction()) // they are of risk points
		}
		if kind.GetControlsRequired() && !kind.GetShowsControls() {
			faults.Add(at+"controls_required", words.Contradiction())
		}
		checkContent(faults, at, kind)
		for j, name := range kind.GetFields() {
			at := fmt.Sprintf("%sfields[%d]", at, j)
			if !mayShow(registers[kind.GetRegister()].field(name)) {
				faults.Add(at, words.NotPublishable(name))
			}
			if slices.Contains(kind.GetFields()[:j], name) {
				faults.Add(at, words.Duplicate(name))
			}
		}
	}
}

// checkContent wants fields of what holds entries, and nothing that is about entries of a text.
func checkContent(faults *fault.Fields, at string, kind *riskv1.PublicationKind) {
	if !holdsText(kind.GetRegister()) {
		if len(kind.GetFields()) == 0 {
			faults.Add(at+"fields", words.Required())
		}
		return
	}
	if kind.GetObjections() != nil {
		faults.Add(at+"objections", words.Contradiction())
	}
	if kind.GetRenewal() != nil {
		faults.Add(at+"renewal", words.Contradiction())
	}
}

// checkFilingLimit wants a limit where publications are filed, and none where they are not.
func checkFilingLimit(faults *fault.Fields, field string, kind *riskv1.PublicationKind) {
	switch filed := len(kind.GetFiledWith()) > 0; {
	case filed && kind.GetFilingLimit() == nil:
		faults.Add(field, words.Required())
	case !filed && kind.GetFilingLimit() != nil:
		faults.Add(field, words.Contradiction())
	}
}

// holdsText tells whether publications hold a text, and no entries of a register.
func holdsText(kind riskv1.RegisterKind) bool {
	return kind == riskv1.RegisterKind_REGISTER_KIND_UNSPECIFIED
}

// mayShow tells whether a publication may show a field: what units write of an entry and what its grade is, but not what the
// review has said of it. Name and unit are always shown.
func mayShow(field protoreflect.FieldDescriptor) bool {
	switch {
	case field == nil:
		return false
	case slices.Contains([]protoreflect.Name{"grade", "score", "owner"}, field.Name()):
		return true
	case slices.Contains([]protoreflect.Name{"name", "unit", "etag"}, field.Name()):
		return false
	default:
		return !fieldbehavior.Has(field, annotations.FieldBehavior_OUTPUT_ONLY)
	}
}

// showsOwner tells whether a publication names who holds the positions of owners.
func showsOwner(made *riskv1.Publication) bool { return slices.Contains(made.GetFields(), "owner") }

// keepShown clears all fields of an entry but its name, its unit and some.
func keepShown(entry proto.Message, fields []string) {
	m := entry.ProtoReflect()
	m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if name := string(field.Name()); name != "name" && name != "unit" && !slices.Contains(fields, name) {
			m.Clear(field)
		}
		return true
	})
}
