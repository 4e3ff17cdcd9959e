package record

// Message tells a unit of a record that needs its attention. Its text is a sentence of package words.
type Message struct {
	// Unit that is told, "units/…".
	Unit string `json:"unit"`
	// Kind is the key of the sentence, such as "inbox.warning_issued".
	Kind string `json:"kind"`
	// Args fill the sentence: a value for each placeholder.
	Args map[string]string `json:"args,omitempty"`
	// Resource is the name of the record.
	Resource string `json:"resource"`
}

// Notify tells units what the change means to them: once it is committed, package relay has the network service deliver the
// messages, each once. It comes before the Record of the change, whose first entry takes them along.
func (tx *Tx) Notify(messages ...Message) { tx.messages = append(tx.messages, messages...) }
