package prose_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/prose"
)

func TestAPersonIsTheSameHoweverTheNameIsTyped(t *testing.T) {
	t.Parallel()
	for typed, kept := range map[string]string{
		"王 五": "王五", "王\u3000五": "王五", " 王\u00a0五\u200b\t": "王五", "财务 A 员": "财务A员", "finance 员": "finance员",
		"John  Smith": "John Smith", "Ｊohn\u3000Smith": "John Smith", "买买提 • 艾力": "买买提·艾力", "买买提・艾力": "买买提·艾力",
		"王五 (女)": "王五（女）", "John (Jr.)": "John (Jr.)", "": "", "\u3000": "",
		"王\n五": "王\n五", "王\t五": "王\t五", // to be refused
	} {
		assert.Equal(t, kept, prose.Person(typed), "%q", typed)
	}
	holder := &riskv1.Position{Title: "股 长", Holders: []*riskv1.PositionHolder{{Person: "王\u3000五"}}}
	prose.CleanAll(holder)
	assert.Equal(t, "股 长 王五", holder.GetTitle()+" "+holder.GetHolders()[0].GetPerson(), "what names no person stays")
}

func TestTheFormOfANameIsItsOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		form := prose.Person(rapid.String().Draw(t, "name"))
		assert.Equal(t, form, prose.Person(form))
	})
}
