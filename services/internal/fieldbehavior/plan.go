// Package fieldbehavior holds requests to what google.api.field_behavior says of their fields (AIP-203), beside protovalidate,
// which holds them to the rules of values.
package fieldbehavior

import (
	"slices"
	"sync"

	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// plan is what there is to do for a type of message, found out once: for most types nothing.
type plan struct {
	// needed are its required fields.
	needed []protoreflect.FieldDescriptor
	// lines are its texts of one line, in one language or in each.
	lines []protoreflect.FieldDescriptor
	// inner are its fields whose messages have required fields or texts of one line, at any depth.
	inner []protoreflect.FieldDescriptor
	// clears is set where it has fields that only the server sets, at any depth.
	clears bool
	// resource is the field of the resource in a request with an update_mask, else nil.
	resource protoreflect.FieldDescriptor
}

// plans by protoreflect.MessageDescriptor.
var plans sync.Map

func planOf(message protoreflect.MessageDescriptor) *plan {
	if found, ok := plans.Load(message); ok {
		known, _ := found.(*plan)
		return known
	}
	made := newPlan(message)
	plans.Store(message, made)
	return made
}

func newPlan(message protoreflect.MessageDescriptor) *plan {
	p := &plan{clears: has(message, isOutput, map[protoreflect.FullName]bool{})}
	updates := false
	if mask := message.Fields().ByName("update_mask"); mask != nil && mask.Message() != nil {
		updates = mask.Message().FullName() == "google.protobuf.FieldMask"
	}
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if isRequired(field) {
			p.needed = append(p.needed, field)
		}
		if isLine(field) {
			p.lines = append(p.lines, field)
		}
		inner := messageOf(field)
		if inner == nil {
			continue
		}
		isResource := updates && !field.IsList() && !field.IsMap() && proto.HasExtension(inner.Options(), annotations.E_Resource)
		if isResource {
			p.resource = field
		}
		if isResource || has(inner, isChecked, map[protoreflect.FullName]bool{}) {
			p.inner = append(p.inner, field)
		}
	}
	return p
}

func isOutput(field protoreflect.FieldDescriptor) bool {
	return fieldbehavior.Has(field, annotations.FieldBehavior_OUTPUT_ONLY)
}

func isRequired(field protoreflect.FieldDescriptor) bool {
	return fieldbehavior.Has(field, annotations.FieldBehavior_REQUIRED)
}

func isChecked(field protoreflect.FieldDescriptor) bool { return isRequired(field) || isLine(field) }

// oneLine are the names of texts of one line, besides the names of people: titles, and what somebody or something is called,
// reached or numbered by in a list or a sentence.
var oneLine = []protoreflect.Name{
	"title", "label", "position", "section", "responsible_office", "first_responsible", "leader_in_charge", "responsible",
	"found_by", "sent_by", "held_by", "held_with", "decided_by", "nominated_by", "recipient", "place", "receipt_number",
	"version", "contact", "other_roles", "reward", "also_called", "regulation", "resulting_regulation",
}

// isLine tells whether a field is a text of one line, or a list of such: strings or Texts.
func isLine(field protoreflect.FieldDescriptor) bool {
	if prose.IsPerson(field) {
		return true
	}
	if !slices.Contains(oneLine, field.Name()) {
		return false
	}
	return field.Kind() == protoreflect.StringKind || field.Message() == (*typev1.Text)(nil).ProtoReflect().Descriptor()
}

// messageOf is the type of the messages in a field, if there are any.
func messageOf(field protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if field.IsMap() {
		return field.MapValue().Message()
	}
	return field.Message()
}

// has tells whether a type has a field such as this, at any depth. Types may hold themselves; each is looked at once.
func has(
	message protoreflect.MessageDescriptor, such func(protoreflect.FieldDescriptor) bool, seen map[protoreflect.FullName]bool,
) bool {
	if seen[message.FullName()] {
		return false
	}
	seen[message.FullName()] = true
	for i := range message.Fields().Len() {
		field := message.Fields().Get(i)
		if such(field) {
			return true
		}
		if inner := messageOf(field); inner != nil && has(inner, such, seen) {
			return true
		}
	}
	return false
}
