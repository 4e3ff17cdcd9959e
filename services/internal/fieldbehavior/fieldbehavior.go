package fieldbehavior

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"buf.build/go/protovalidate"
	"go.einride.tech/aip/fieldbehavior"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

// Check clears what only the server sets, cleans texts that people read and names everything that is wrong with a request:
// required fields that are missing and texts of more than one line, wherever they stand, and what protovalidate finds. Of a
// resource that comes with an update_mask, only what changes is asked.
func Check(request proto.Message) error {
	message := request.ProtoReflect()
	p := planOf(message.Descriptor())
	if p.clears {
		fieldbehavior.ClearFields(request, annotations.FieldBehavior_OUTPUT_ONLY)
	}
	prose.CleanAll(request)
	c := &check{update: updateOf(p, message)}
	c.walk(p, message, "")
	err := protovalidate.Validate(request)
	var invalid *protovalidate.ValidationError
	if err != nil && !errors.As(err, &invalid) {
		return err
	}
	if invalid != nil {
		invalid.Violations = slices.DeleteFunc(invalid.Violations, c.knows)
		c.faults = append(c.faults, fault.Violations(message.Descriptor(), invalid)...)
		c.nameChoices(message.Descriptor())
	}
	return c.faults.Err()
}

// nameChoices says of what must be chosen, which no field is called, the fields that there are to choose from.
func (c *check) nameChoices(request protoreflect.MessageDescriptor) {
	for i, found := range c.faults {
		choice := request.Oneofs().ByName(protoreflect.Name(found.Path))
		if choice == nil {
			continue
		}
		names := make([]string, choice.Fields().Len())
		for n := range names {
			names[n] = string(choice.Fields().Get(n).Name())
		}
		c.faults[i].Path, c.faults[i].Sentence = names[0], words.OneRequired(strings.Join(names, ", "))
	}
}

type check struct {
	update *update
	faults fault.Fields
}

// walk notes what is missing in a message that stands at a path.
func (c *check) walk(p *plan, message protoreflect.Message, path string) {
	update := c.update.of(message)
	for _, field := range p.needed {
		if !message.Has(field) && (update == nil || update.changes(field)) {
			c.faults.Add(join(path, field), words.Required())
		}
	}
	c.checkLines(p, message, update, path)
	if update != nil {
		// AIP-134: the resource says which one it is.
		if name := message.Descriptor().Fields().ByName("name"); name != nil && !message.Has(name) {
			c.faults.Add(join(path, name), words.Required())
		}
	}
	for _, field := range p.inner {
		if message.Has(field) && (update == nil || update.changes(field)) {
			c.within(planOf(messageOf(field)), field, message.Get(field), join(path, field))
		}
	}
}

// checkLines notes the texts of one line of a message that change to something else.
func (c *check) checkLines(p *plan, message protoreflect.Message, update *update, path string) {
	for _, field := range p.lines {
		switch at := join(path, field); {
		case !message.Has(field) || update != nil && !update.changes(field): // nothing new
		case field.IsList():
			for i := range message.Get(field).List().Len() {
				c.checkLine(field, message.Get(field).List().Get(i), fmt.Sprintf("%s[%d]", at, i))
			}
		default:
			c.checkLine(field, message.Get(field), at)
		}
	}
}

// checkLine notes a text that is not one line, in any language.
func (c *check) checkLine(field protoreflect.FieldDescriptor, value protoreflect.Value, path string) {
	if field.Message() == nil {
		if !prose.IsOneLine(value.String()) {
			c.faults.Add(path, words.OneLine())
		}
		return
	}
	value.Message().Range(func(language protoreflect.FieldDescriptor, text protoreflect.Value) bool {
		c.checkLine(language, text, join(path, language))
		return true
	})
}

// within walks the message of a field, or all messages of a list or a map.
func (c *check) within(p *plan, field protoreflect.FieldDescriptor, value protoreflect.Value, path string) {
	switch {
	case field.IsList():
		for i := range value.List().Len() {
			c.walk(p, value.List().Get(i).Message(), path+"["+strconv.Itoa(i)+"]")
		}
	case field.IsMap():
		value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			text := key.String()
			if field.MapKey().Kind() == protoreflect.StringKind {
				text = strconv.Quote(text)
			}
			c.walk(p, value.Message(), fmt.Sprintf("%s[%s]", path, text))
			return true
		})
	default:
		c.walk(p, value.Message(), path)
	}
}

func join(path string, field protoreflect.FieldDescriptor) string {
	if path == "" {
		return string(field.Name())
	}
	return path + "." + string(field.Name())
}

// knows tells whether a violation adds nothing: the field is missing, or an update leaves it as it is.
func (c *check) knows(v *protovalidate.Violation) bool {
	path := protovalidate.FieldPathString(v.Proto.GetField())
	for _, field := range c.faults {
		if rest, ok := strings.CutPrefix(path, field.Path); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	elements := v.Proto.GetField().GetElements()
	if c.update == nil || len(elements) < 2 || elements[0].GetFieldName() != string(c.update.field.Name()) {
		return false
	}
	return !c.update.changesName(protoreflect.Name(elements[1].GetFieldName()))
}

// update is what a request with an update_mask asks.
type update struct {
	field    protoreflect.FieldDescriptor
	resource protoreflect.Message
	paths    []string
}

func updateOf(p *plan, request protoreflect.Message) *update {
	if p.resource == nil || !request.Has(p.resource) {
		return nil
	}
	mask, _ := request.Get(request.Descriptor().Fields().ByName("update_mask")).Message().Interface().(*fieldmaskpb.FieldMask)
	return &update{field: p.resource, resource: request.Get(p.resource).Message(), paths: mask.GetPaths()}
}

// of is the update itself where a message is its resource, else nil.
func (u *update) of(message protoreflect.Message) *update {
	if u == nil || u.resource.Interface() != message.Interface() {
		return nil
	}
	return u
}

// changes tells whether a field of the resource is to change: it is in the mask or, without a mask, it is there.
func (u *update) changes(field protoreflect.FieldDescriptor) bool {
	switch {
	case len(u.paths) == 0:
		return u.resource.Has(field)
	case slices.Contains(u.paths, "*"):
		return true
	default:
		return slices.Contains(u.paths, string(field.Name()))
	}
}

// changesName is the same for the name of a field or of a oneof, which changes with any of its fields.
func (u *update) changesName(name protoreflect.Name) bool {
	if field := u.resource.Descriptor().Fields().ByName(name); field != nil {
		return u.changes(field)
	}
	oneof := u.resource.Descriptor().Oneofs().ByName(name)
	if oneof == nil {
		return true
	}
	for i := range oneof.Fields().Len() {
		if u.changes(oneof.Fields().Get(i)) {
			return true
		}
	}
	return false
}
