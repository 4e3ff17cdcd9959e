package tips

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
)

// lineOf is a line of units from below, whose leaders are recorded.
func lineOf(units ...called) []called { return units }

func unitCalled(title, first, charge string, also ...string) called {
	return calledOf(&networkv1.Unit{Name: "units/" + title, Title: title, FirstResponsible: first, LeaderInCharge: charge}, also...)
}

// Lines of a city, a health bureau and a school, from the unit concerned up.
var (
	city     = unitCalled("马鞍山市", "市纪委书记", "信访室主任", "市纪委")
	district = unitCalled("花山区", "区委书记", "区纪委书记")
	street   = unitCalled("沙塘路街道", "街道办事处主任", "党工委书记")
	village  = lineOf(unitCalled("沙塘社区居委会", "主任", ""), street, district, city)
	hamlet   = lineOf(unitCalled("新市村", "书记", ""), unitCalled("姑孰镇", "镇纪委书记", ""), unitCalled("当涂县", "纪委书记", ""), city)
	bureau   = unitCalled("市卫生局预警信息中心", "局长", "纪检组组长", "市卫生局", "卫生局", "局")
	section  = lineOf(unitCalled("中医设备科", "科长", ""), bureau)
	county   = lineOf(unitCalled("当涂县卫生局", "局长", ""), bureau)
	school   = unitCalled("职业技术学校预警信息中心", "校长", "纪委书记", "职业技术学校", "学校", "校")
	post     = lineOf(unitCalled("食堂管理岗", "", ""), unitCalled("总务处", "主任", ""), school)
)

// namedOn are the titles of the units above of whose leaders a text names one.
func namedOn(line []called, text string) (named []string) {
	for _, unit := range line[1:] {
		if namesLeaderOf(unit, line, text) {
			named = append(named, unit.GetTitle())
		}
	}
	return named
}

func TestC8_APostIsOfTheUnitNamedLastBeforeIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line  []called
		named string
		texts string
	}{
		{village, "沙塘路街道", "街道办事处主任 街办主任 街道办事处·主任 街道办事处(主任) 沙塘路街道办事处（主任） 街道办主任 主任（街道办事处）"},
		{village, "沙塘路街道", "街道党工委委员、办事处主任 街道党工委委员，办事处主任 街道市场监管所副所长、办事处主任 街道社区科科长、办事处主任"},
		{village, "沙塘路街道", "街道一把手 街道主要领导 街道领导 街道负责人 沙塘路街道分管领导 街道党政正职 街道办事处一把手 街办主要负责人 沙塘路街道党工委、办事处主要领导 街道党工委书记"},
		{village, "花山区", "区委常委、纪委书记 花山区委常委/纪委书记 马鞍山市花山区委常委、纪委书记 区纪委书记 区纪委监委书记 花山区纪委监委主要负责人 区纪委一把手 花山区纪委主要负责人 花山区一把手 区委主要领导"},
		{village, "马鞍山市", "市委常委、纪委书记 马鞍山市委常委、纪委书记 市纪委信访室主任 市纪委书记 市纪委一把手 马鞍山市主要领导 市纪委主要领导"},
		{village, "", "主任 社区主任 社区党委书记 街道综治办主任 街道办事处副主任 街道纪工委书记 区教育局纪委书记 一把手 街道社区主任 纪委书记"},
		{village, "", "社区一把手 领导 负责人 社区负责人 街道财政所负责人 街道防汛领导小组组长 街道纪工委领导小组组长 街道纪工委领导班子成员 市容整治领导小组组长 街道财政所一把手 区委副书记 街道派出所所长 市教育局信访室主任 书记 居委会主任 超市主要负责人"},
		{hamlet, "姑孰镇", "姑孰镇党委委员、纪委书记 镇党委委员、纪委书记 镇一把手 镇党委主要领导 镇纪委书记 当涂县姑孰镇纪委书记 镇纪委一把手 姑孰镇纪委主要负责人 镇纪委主要领导 镇纪委第一责任人 镇纪委负责人"},
		{hamlet, "当涂县", "当涂县委常委、纪委书记 县委常委、纪委书记 县纪委书记 县一把手"},
		{hamlet, "", "村书记 新市村党委委员、纪委书记 书记 纪委书记 镇新市村一把手 镇中学一把手 姑孰镇副镇长"},
		{section, "市卫生局预警信息中心", "市卫生局局长 卫生局局长 局长 市卫生局长 市卫生局纪检组组长 市卫生局纪检组长 局纪检组长 市卫生局纪检组一把手 市卫生局纪检组主要领导 卫生局纪检组负责人 局一把手 卫生局党组主要领导"},
		{section, "", "科长 中医设备科科长 副局长 市卫生局副局长 局办公室主任 纪检组组长"},
		{county, "市卫生局预警信息中心", "市卫生局局长 市卫生局一把手"},
		{county, "", "局长 卫生局局长 县卫生局局长 当涂县卫生局局长"},
		{post, "职业技术学校预警信息中心", "学校校长 职业技术学校校长 校纪委书记 校长 校党委委员、纪委书记 学校主要领导"},
		{post, "总务处", "总务处主任 总务处党支部书记、主任 总务处一把手"},
		{post, "", "主任 总务处副主任 校办公室主任 副校长 书记"},
	} {
		for _, text := range strings.Fields(test.texts) {
			assert.Equal(t, test.named, strings.Join(namedOn(test.line, text), " "), text)
		}
	}
	bare := lineOf(unitCalled("中医设备科", "", ""), unitCalled("预警信息中心", "市卫生局局长", ""))
	assert.NotEmpty(t, namedOn(bare, "市卫生局局长"), "what equals the record is named, whatever the unit is called")
	own := unitCalled("预警信息中心", "局长", "纪检组组长", "市卫生局")
	for _, text := range []string{"市卫生局局长", "市卫生局长", "市卫生局纪检组长", "局长", "市卫生局党组一把手"} {
		assert.True(t, namesLeader(own, text), text)
	}
}

func TestC8_SignsAndBlanksUncoverNoLeaderAbove(t *testing.T) {
	t.Parallel()
	posts := []string{"街道办事处主任", "街办主任", "街道党工委委员办事处主任", "沙塘路街道一把手", "街道党工委书记", "街道办事处原主任"}
	signs := rapid.StringOfN(rapid.SampledFrom([]rune(" ·、，；/-（）()“”【】　。")), 0, 2, -1)
	rapid.Check(t, func(r *rapid.T) {
		var text strings.Builder
		for _, letter := range rapid.SampledFrom(posts).Draw(r, "post") {
			text.WriteString(signs.Draw(r, "signs") + string(letter))
		}
		if !namesLeaderOf(street, village, text.String()) {
			r.Fatalf("%q is not known", text.String())
		}
	})
}

// Who heads a body is meant by the body's name, whatever posts are recorded of its leaders.
func TestC8_TheHeadOfABodyForDisciplineIsMeantByItsName(t *testing.T) {
	t.Parallel()
	line := append(slices.Clone(village[:3]), unitCalled("马鞍山市", "预警工作站站长", "", "市纪委"))
	for _, text := range []string{"市纪委一把手", "市纪委主要领导", "市纪委领导", "马鞍山市一把手"} {
		assert.Equal(t, []string{"马鞍山市"}, namedOn(line, text), text)
	}
}

// Where no post of a unit's leaders is recorded, who heads its body for discipline leads it.
func TestC8_WhoHeadsABodyForDisciplineLeadsAUnitOfUnrecordedPosts(t *testing.T) {
	t.Parallel()
	var line []called
	for _, title := range []string{"新市村", "功桥镇", "和县", "马鞍山市"} {
		line = append(line, unitCalled(title, "", ""))
	}
	for title, texts := range map[string]string{
		"功桥镇":  "镇纪委一把手 功桥镇纪委书记 镇纪检书记 镇纪委正职 镇纪检委一把手",
		"和县":   "县纪委一把手 和县纪委主要领导 县监委一把手 县监委主任 县委常委、纪委书记",
		"马鞍山市": "市纪委书记 市监委主要领导 市纪检委一把手 市纪委正职",
		"":     "镇纪委副书记 县纪委干事 县监委办公室主任 夜市主要负责人 县委党校一把手 县纪委领导小组组长",
	} {
		for _, text := range strings.Fields(texts) {
			assert.Equal(t, title, strings.Join(namedOn(line, text), " "), text)
		}
	}
	bare := unitCalled("市卫生局预警信息中心", "", "", "市卫生局", "局")
	assert.Equal(t, "市卫生局预警信息中心", strings.Join(namedOn(lineOf(unitCalled("收费处", "", ""), bare), "市卫生局纪检组一把手"), " "))
	assert.True(t, namesLeader(unitCalled("职业技术学校预警信息中心", "", "", "学校", "校"), "校纪委一把手"))
}
