package normalform_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
)

func TestSpellingsOfATextHaveOneForm(t *testing.T) {
	t.Parallel()
	for _, test := range [][2]string{
		{"（东区）", "(东区)"},
		{"Ａ区", "a区"},
		{"３４０５０３", "340503"},
		{"cafe\u0301", "café"},
		{" 研究\u3000 所 ", "研究 所"},
		{"所 ¯", "所 \u0304"},
		{"¯所", "\u0304所"},
	} {
		assert.Equal(t, test[1], normalform.Of(test[0]))
	}
}

func TestFormOfAFormIsItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		form := normalform.Of(rapid.String().Draw(t, "text"))
		assert.Equal(t, form, normalform.Of(form))
	})
}
