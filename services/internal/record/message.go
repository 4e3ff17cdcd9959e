package record

import "github.com/qingfeng-suite/qingfeng/gateway/words"

// Message tells a unit of a record that needs its attention.
type Message struct {
	// Unit that is told, "units/…".
	Unit string `json:"unit"`
	// Sentence says why; its key is the kind of the message, such as "inbox.warning_issued".
	words.Sentence
	// Resource is the name of the record.
	Resource string `json:"resource"`
	// Replaces are the kinds of messages about the record that this one takes the place of, in the inboxes that it goes to.
	Replaces []string `json:"replaces,omitempty"`
	// Unnamed has the message lead to no record: the unit may not get it. Without a sentence it only takes back what it replaces.
	Unnamed bool `json:"unnamed,omitempty"`
}

// Notify tells units what the change means to them: once it is committed, package relay has the network service deliver the
// messages, each once. It comes before the Record of the change, whose first entry takes them along.
func (tx *Tx) Notify(messages ...Message) { tx.messages = append(tx.messages, messages...) }
