package tips

import (
	"testing"

	"github.com/stretchr/testify/assert"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

func TestC8_PostsOfLeadersAreKnownHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	street := &networkv1.Unit{Title: "霍里街道", FirstResponsible: "街道纪工委书记", LeaderInCharge: "党工委副书记、办事处主任"}
	town := &networkv1.Unit{Title: "新市镇", FirstResponsible: "镇长"}
	for _, test := range []struct {
		unit   *networkv1.Unit
		post   string
		leader bool
	}{
		{street, "街道纪工委书记", true},
		{street, "街道纪工委 书记", true},
		{street, "街道\n纪工委书记", true},
		{street, "街道纪工委书记。", true},
		{street, "街道纪工委书记（主持）", true},
		{street, "霍里街道纪工委书记", true},
		{street, "花山区霍里街道纪工委书记", true},
		{street, "纪工委书记", true},
		{street, "“纪工委”书记", true},
		{street, "办事处主任", true},
		{street, "党工委副书记,综治办主任", true},
		{street, "街道【纪工委】书记", true},
		{street, "街道〔纪工委〕书记", true},
		{street, "街道「纪工委」书记", true},
		{street, "街道［纪工委］书记【主持工作】", true},
		{street, "街道纪工委书记张三", true},
		{street, "街道纪工委书记（张三", true},
		{street, "街道纪工委书记兼办公室主任", true},
		{street, "综治办主任兼纪工委书记", true},
		{street, "综治办主任、街道纪工委书记张三", true},
		{street, "综治办主任／街道纪工委书记", true},
		{street, "综治办主任 & 办事处主任", true},
		{street, "综治办主任兼办公室副主任", false},
		{street, "综治办主任【纪工委】", false},
		{street, "党工委书记", false},
		{street, "街道副书记", false},
		{street, "纪工委副书记", false},
		{street, "主任", false},
		{street, "霍里街道", false},
		{street, "（）", false},
		{street, "", false},
		{town, "镇长", true},
		{town, "新市镇镇长", true},
		{town, "新市镇长", true},
		{town, "副镇长", false},
		{&networkv1.Unit{Title: "霍里街道"}, "书记", false},
	} {
		assert.Equal(t, test.leader, namesLeader(test.unit, test.post), "%q at %s", test.post, test.unit.GetTitle())
	}
}
