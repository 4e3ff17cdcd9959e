package tips

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

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
		{&networkv1.Unit{Title: "新市镇", LeaderInCharge: "镇纪委书记"}, "镇纪检书记", true},
		{&networkv1.Unit{Title: "新市镇", LeaderInCharge: "镇纪委书记"}, "镇纪检干事", false},
		{&networkv1.Unit{Title: "霍里街道"}, "书记", false},
	} {
		assert.Equal(t, test.leader, namesLeader(calledOf(test.unit), test.post), "%q at %s", test.post, test.unit.GetTitle())
	}
}

// office is a street whose leaders are named by full posts, and bare one whose leaders are named by short ones.
var (
	office = &networkv1.Unit{Title: "霍里街道", FirstResponsible: "街道纪工委书记", LeaderInCharge: "街道办事处主任"}
	bare   = &networkv1.Unit{Title: "新市镇", FirstResponsible: "书记", LeaderInCharge: "主任、副镇长"}
)

func TestC8_PostsOfLeadersAreKnownWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		unit   *networkv1.Unit
		leader bool
		posts  string
	}{
		{office, true, "李四（街道办事处主任） 李四【街道办事处主任】 张三街道办事处主任 街道办事处主任张三 张三霍里街道办事处主任 主任（街道办事处主任）"},
		{office, true, "综治办主任和街道办事处主任 综治办主任及街道办事处主任 综治办主任与街道办事处主任 综治办主任以及街道办事处主任"},
		{office, true, "综治办主任·街道办事处主任 综治办主任・街道办事处主任 综治办主任\\街道办事处主任 综治办主任。街道办事处主任"},
		{office, true, "综治办主任—街道办事处主任 综治办主任-街道办事处主任 综治办主任兼街道办事处主任 综治办主任、办事处主任"},
		{office, true, "综治办主任_街道办事处主任 综治办主任：街道办事处主任 综治办主任～街道办事处主任 综治办副主任并街道办事处主任"},
		{office, true, "代理街道办事处主任 原街道办事处主任 街道办事处原主任 街道办事处代主任 街道办事处代理主任 街道办事处前任主任"},
		{office, true, "街道办事处正副主任 街道办事处（代理）主任 街道办事处（李四）主任 “街道办事处”主任 街道・办事处・主任"},
		{office, true, "霍里街道办主任 霍里街办主任 张三（霍里街道办主任） 花山区霍里街道办主任 街道办原主任 街道纪工委书记（霍里街道）"},
		{office, true, "党工委副书记街道办事处主任 街道纪工委书记和街道办事处主任 原纪工委书记 张三办事处主任 街道办事处主任助理"},
		{office, false, "书记员 副书记 书记 主任 办公室主任 街道办事处副主任 霍里街道办副主任 街道纪工委副书记 街道办事处"},
		{office, false, "综治办主任 街道综治办主任 街道办公室主任 霍里街道党政办主任 社区主任 村党支部书记 党工委书记 派出所所长"},
		{office, false, "街道综治办主任和办公室副主任 街道办事处科员 街道纪工委委员 财政所所长（街道办事处）"},
		{bare, true, "书记 张三书记 书记张三 新市镇书记 张三（书记） 综治办主任和书记 原书记 代理主任 新市镇张三主任 张三副镇长 副镇长"},
		{bare, false, "副书记 办公室主任 综治办主任 纪委书记 党支部书记 副主任 镇长 村主任"},
		{bare, true, "党政正职 分管领导 镇领导 新市镇负责人 一把手 新市镇一把手 镇一把手 镇主要领导张三"},
		{bare, false, "领导小组 脱贫领导小组组长 项目负责人 财政所负责人 财政所一把手 办公室主要领导"},
	} {
		for _, post := range strings.Fields(test.posts) {
			assert.Equal(t, test.leader, namesLeader(calledOf(test.unit), post), "%q at %s", post, test.unit.GetTitle())
		}
	}
	assert.True(t, namesLeader(calledOf(office), "综治办主任 街道办事处主任"))
	assert.True(t, namesLeader(calledOf(office), "街道 办事处 主任"))
	district := &networkv1.Unit{Title: "花山区", FirstResponsible: "区委书记", LeaderInCharge: "理事会主任 区纪委书记"}
	for _, post := range []string{"张三区委书记", "花山区委书记", "花山区区委书记", "区委书记、主席", "理事会代理主任", "张三纪委书记"} {
		assert.True(t, namesLeader(calledOf(district), post), post)
	}
	for _, post := range []string{"团委书记", "区委副书记", "办公室主任", "区纪委副书记"} {
		assert.False(t, namesLeader(calledOf(district), post), post)
	}
}

func TestC8_ANameBesideALeadersPostUncoversNothing(t *testing.T) {
	t.Parallel()
	posts := []string{"街道纪工委书记", "街道办事处主任", "霍里街道办事处主任", "街道办事处原主任", "代理街道办事处主任", "霍里街办主任"}
	beside := rapid.StringOfN(rapid.SampledFrom([]rune("张王欧阳代理原前任街道办事处主任书记和兼、（）·。—\\【】 ab")), 0, 8, -1)
	rapid.Check(t, func(r *rapid.T) {
		post := rapid.SampledFrom(posts).Draw(r, "post")
		text := beside.Draw(r, "before") + post + beside.Draw(r, "after")
		if !namesLeader(calledOf(office), text) {
			r.Fatalf("%q is not known", text)
		}
	})
}

func TestC8_APostOfAUnitAboveSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	village := &networkv1.Unit{Name: "about", Title: "新市村"}
	town := &networkv1.Unit{Title: "新市镇", FirstResponsible: "党委书记", LeaderInCharge: "镇长"}
	bureau, school := &networkv1.Unit{Title: "教育局", FirstResponsible: "局长"}, &networkv1.Unit{Name: "about", Title: "实验小学"}
	for _, test := range []struct {
		above, about *networkv1.Unit
		named        bool
		posts        string
	}{
		{town, village, true, "镇党委书记 新市镇党委书记 张三（镇党委书记） 镇长 新市镇长 原镇长 镇代镇长 村主任、镇长"},
		{town, village, false, "党委书记 村党委书记 副镇长 镇党委副书记 镇政府科员 书记 村长"},
		{bureau, school, true, "教育局局长 局长 张三局长"},
		{bureau, school, false, "教育局副局长 校长"},
		{bureau, &networkv1.Unit{Name: "about", Title: "花山区教育局"}, false, "局长 教育局局长"},
		{&networkv1.Unit{Title: "马鞍山市", FirstResponsible: "市长"}, &networkv1.Unit{Name: "about", Title: "无为市"}, false, "市长"},
	} {
		for _, post := range strings.Fields(test.posts) {
			assert.Equal(t, test.named, namesLeaderOf(calledOf(test.above), []called{calledOf(test.about), calledOf(test.above)}, post), "%q at %s", post, test.above.GetTitle())
		}
	}
}
