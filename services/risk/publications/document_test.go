package publications

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
)

// Whatever a scheme may have a publication show, its document has a column for, called by a word in both languages.
func TestT22_EveryFieldThatMayBeShownHasAColumn(t *testing.T) {
	t.Parallel()
	for kind, register := range registers {
		shown := register.entry.ProtoReflect().Descriptor().Fields()
		known := 0
		for i := range shown.Len() {
			if !mayShow(shown.Get(i)) {
				continue
			}
			name := string(shown.Get(i).Name())
			known++
			assert.NotNil(t, fields[kind][name].cell, name)
			for _, lang := range []words.Lang{words.Chinese, words.English} {
				key := "column." + name
				assert.NotEqual(t, key, words.Sentence{Key: key}.In(lang), key)
			}
		}
		assert.Len(t, fields[kind], known, "and none for what may not be")
	}
}
