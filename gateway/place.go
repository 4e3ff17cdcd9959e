package gateway

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// fieldAt gives the path of the field that stands at a line and column of a JSON text, such as "photos[0].title"; ""
// where there is none. Both count from 1, columns in characters, as protojson gives them.
func fieldAt(body []byte, line, column int) string {
	offset := 0
	for range line - 1 {
		offset += bytes.IndexByte(body[offset:], '\n') + 1
	}
	for at := range string(body[offset:]) {
		if column--; column == 0 {
			offset += at
			break
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var p place
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		p.step(token)
		if decoder.InputOffset() > int64(offset) {
			return p.String()
		}
		p.enter(token)
	}
}

// place is where a reader of JSON stands: the objects and lists around it, the outermost first.
type place []level

type level struct {
	list  bool
	index int    // of a list: the element, -1 before the first
	key   string // of an object
	value bool   // of an object: the key has been read, its value comes next
}

// step goes on to a token.
func (p *place) step(token json.Token) {
	if token == json.Delim('}') || token == json.Delim(']') {
		*p = (*p)[:len(*p)-1]
		return
	}
	if len(*p) == 0 {
		return
	}
	switch top := &(*p)[len(*p)-1]; {
	case top.list:
		top.index++
	case top.value:
		top.value = false
	default:
		top.key, _ = token.(string)
		top.value = true
	}
}

// enter goes into an object or list that begins with the token.
func (p *place) enter(token json.Token) {
	if token == json.Delim('{') || token == json.Delim('[') {
		*p = append(*p, level{list: token == json.Delim('['), index: -1})
	}
}

// String is the path.
func (p *place) String() string {
	var path strings.Builder
	for _, one := range *p {
		if one.list {
			path.WriteString("[" + strconv.Itoa(one.index) + "]")
			continue
		}
		if path.Len() > 0 {
			path.WriteByte('.')
		}
		path.WriteString(one.key)
	}
	return path.String()
}
