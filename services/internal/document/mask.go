package document

import (
	"slices"
	"strings"

	"go.einride.tech/aip/fieldbehavior"
	"go.einride.tech/aip/fieldmask"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// ApplyMask gives a stored record the fields of the asked one that a mask names (AIP-134), and tells which these were: "*" names
// all that may change, an empty mask those that are set. Field is where the request holds the asked one. Mutable are the fields
// that may change; where none are given, all are that the proto's field_behavior leaves to clients. What may not is a fault.
func ApplyMask[M proto.Message](
	faults *fault.Fields, field string, stored, asked M, mask *fieldmaskpb.FieldMask, mutable ...string,
) []string {
	before := len(*faults)
	m := masking{from: asked.ProtoReflect(), to: stored.ProtoReflect(), mutable: mutable}
	paths := mask.GetPaths()
	if len(paths) == 0 || fieldmask.IsFullReplacement(mask) {
		paths = m.implied(faults, field, len(paths) == 0)
	} else {
		m.check(faults, paths)
	}
	if len(paths) == 0 && len(*faults) == before {
		faults.Add("update_mask", words.Required())
	}
	if len(*faults) == before {
		m.leaveOneofs(paths)
		fieldmask.Update(&fieldmaskpb.FieldMask{Paths: paths}, stored, asked)
	}
	return paths
}

type masking struct {
	from, to protoreflect.Message
	mutable  []string
}

// check finds the paths of a mask that can't be followed, and why not.
func (m masking) check(faults *fault.Fields, paths []string) {
	for i, path := range paths {
		switch known := m.to.Descriptor().Fields().ByName(protoreflect.Name(path)); {
		case slices.Contains(paths[:i], path):
			faults.Add("update_mask", words.Duplicate(path))
		case known == nil:
			faults.Add("update_mask", words.UnknownFieldRule(path, m.changeable()))
		case !m.may(known):
			faults.Add("update_mask", words.FixedField(path, m.changeable()))
		}
	}
}

// changeable names the fields that an update may change, as a mask names them.
func (m masking) changeable() string {
	var names []string
	fields := m.to.Descriptor().Fields()
	for i := range fields.Len() {
		if m.may(fields.Get(i)) {
			names = append(names, string(fields.Get(i).Name()))
		}
	}
	return strings.Join(names, ", ")
}

// may tells whether an update may change a field.
func (m masking) may(field protoreflect.FieldDescriptor) bool {
	if len(m.mutable) > 0 {
		return slices.Contains(m.mutable, string(field.Name()))
	}
	return !served(field) && !fieldbehavior.Has(field, annotations.FieldBehavior_IMMUTABLE)
}

// served tells whether clients give a field back only to say which record they mean, or not at all.
func served(field protoreflect.FieldDescriptor) bool {
	return field.Name() == "etag" || fieldbehavior.Has(field, annotations.FieldBehavior_IDENTIFIER) ||
		fieldbehavior.Has(field, annotations.FieldBehavior_OUTPUT_ONLY)
}

// implied are the fields that change without being named: all that may, or only those that are set. What may not change has the
// value that it had, or none.
func (m masking) implied(faults *fault.Fields, at string, onlySet bool) []string {
	var paths []string
	fields := m.from.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case m.may(field):
			if !onlySet || m.from.Has(field) {
				paths = append(paths, string(field.Name()))
			}
		case m.from.Has(field) && !served(field) && !m.from.Get(field).Equal(m.to.Get(field)):
			faults.Add(at+"."+string(field.Name()), words.Immutable())
		}
	}
	return paths
}

// leaveOneofs clears what a oneof held where the mask names any of its fields: they exclude each other, so it changes as one.
func (m masking) leaveOneofs(paths []string) {
	fields := m.to.Descriptor().Fields()
	for _, path := range paths {
		oneof := fields.ByName(protoreflect.Name(path)).ContainingOneof()
		if oneof == nil {
			continue
		}
		if held := m.to.WhichOneof(oneof); held != nil {
			m.to.Clear(held)
		}
		if given := m.from.WhichOneof(oneof); given != nil {
			m.to.Set(given, m.from.Get(given))
		}
	}
}
