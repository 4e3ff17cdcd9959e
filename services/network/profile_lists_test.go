package network_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/officerpoints"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// lists are what a profile names, "id title" each, as the seed documents have it.
type lists struct {
	areas, channels, rules, groups, criteria, roles, other []string
}

// forms are the five of C5 and contacts the four of C6, in every profile.
var (
	forms = []string{
		"course 培训班", "meeting 以会代训", "placement 跟班学习", "analysis_meeting 预警信息分析会", "field_guidance 下基层直接指导",
	}
	contacts = []string{"meeting 工作例会", "contact_card 联系卡", "visit 定期走访", "bulletin 工作情况简报"}
)

// profileLists are by the folder of the profile.
var profileLists = map[string]lists{
	"c": {
		areas: []string{
			"self_discipline 廉洁自律", "work_style 工作作风", "ethics 职业道德", "project_approval 项目审批", "law_enforcement 行政执法",
			"development_environment 发展环境", "collective_funds 集体资金资产",
		},
		channels: []string{ // C8, C9, H7
			"contact_card 工作联系卡", "letter 书信", "sms 手机短信", "email 电子邮件", "hotline 举报电话", "web 网络", "by_hand 派人送交",
			"mailbox 廉政信箱", "online_petition 网上信访", "visit 干部下访", "questionnaire 问卷调查", "forum 座谈会",
		},
		rules: []string{
			"contact_card true false", "letter true true", "sms true false", "email true true", "hotline true false", "web true false",
			"by_hand true true", "mailbox true false", "online_petition true true", "visit true false", "questionnaire true false",
			"forum true false",
		},
		groups: []string{ // C3
			"invited peoples_congress 人大代表", "invited cppcc 政协委员", "invited non_party 无党派人士", "invited retired 退休干部",
			"invited lawyer 律师", "invited teacher 教师", "invited doctor 医生", "invited entrepreneur 个私企业主",
			"invited self_employed 个体工商户", "invited resident 基层群众",
			"township market_town 圩镇人员", "township community_centre 社区活动中心人员", "township clinic 乡镇医院、村医务室人员",
			"township school 中小学校人员", "township posted_cadre 驻村干部", "township five_elders 农村“五老”人员",
		},
		criteria: []string{"sound true", "trusted true", "upright true", "observant true"},
		roles:    []string{"informant 预警信息员", "clerk 单位经办人", "handler 预警工作站经办人", "reviewer 审核督办人"},
		other: []string{ // C4
			"stability_informant 维稳信息员", "style_supervisor 行风监督员", "petition_informant 信访信息员", "mediator 人民调解员",
			"family_planner 计生服务员", "integrity_supervisor 党风廉政监督员", "party_building 党建“三代”",
		},
	},
	"h": {
		areas: []string{ // H2
			"self_discipline 廉洁自律", "work_style 工作作风", "medical_ethics 医德医风", "project_approval 卫生项目审批",
			"law_enforcement 卫生执法", "development_environment 卫生发展环境",
		},
		channels: []string{"web 网上报送", "email 电子邮件", "by_hand 派人送交", "letter 书信", "interview 个案访谈"}, // H4, H7
		rules:    []string{"email true true", "by_hand true true", "letter true true", "interview true false"},
		criteria: []string{"named true", "supervision_staff true", "discipline_lead true"}, // H5
		roles: []string{
			"reporter 监测点信息员", "duty_reporter 预警信息专报员", "section_head 科室负责人（岗位人员）", "leader 分管领导",
		},
	},
	"v": {
		areas: []string{
			"procurement 物资采购", "enrolment 招生与实习", "fees 收费与财务", "building 基建维修", "examinations 考试与成绩",
			"grants 学生资助", "conduct 师德师风",
		},
		channels: []string{"web 网络", "letter 书信", "visit 来访", "by_hand 派人送交"},
		rules:    []string{"web true false", "letter true true", "by_hand true true", "visit true false"},
		groups: []string{ // V1, V2
			"invited expert 相关专家", "invited professional 有关行业专业人士", "invited teacher 教师代表", "invited student 学生代表",
			"invited parent 家长代表",
		},
		criteria: []string{"knows_post true"},
		roles: []string{
			"informant 信息员", "expert 受邀专家", "post_holder 岗位责任人", "department 处室负责人", "discipline_office 学校纪检室",
		},
	},
}

// term is an entry of a list.
type term interface {
	GetId() string
	GetTitle() *typev1.Text
}

func said[T term](list []T, before ...string) (lines []string) {
	for _, entry := range list {
		line := entry.GetId() + " " + entry.GetTitle().GetZh()
		for _, word := range before {
			line = word + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func TestProfiles_C3_C4_C5_C6_C8_C9_H2_H5_H7_V1_NameWhatTheSeedsName(t *testing.T) {
	t.Parallel()
	for profile, root := range map[string]string{"c": suitetest.City, "h": bureau, "v": school} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			want, tree := profileLists[profile], profile
			if profile == "c" {
				tree = "maanshan"
			}
			b := found(t, profile, tree, root, "", "")
			scheme := must(b.office(access.Administrator, root).GetEffectiveScheme(t.Context(),
				&networkv1.GetEffectiveSchemeRequest{Unit: root}))(t)
			var rules, groups, criteria []string
			for _, r := range scheme.GetChannelRules() {
				rules = append(rules, fmt.Sprintf("%s %t %t", r.GetId(), r.GetEnteredByStaff(), r.GetOriginalRequired()))
			}
			for _, r := range scheme.GetAppointmentRules() {
				groups = append(groups, said(r.GetGroups(), r.GetId())...)
			}
			for _, c := range scheme.GetSelectionCriteria() {
				criteria = append(criteria, fmt.Sprintf("%s %t", c.GetId(), c.GetMandatory()))
			}
			assert.Equal(t, want, lists{
				areas: said(scheme.GetSubjectAreas()), channels: said(scheme.GetChannels()), rules: rules, groups: groups,
				criteria: criteria, roles: said(scheme.GetRoles()), other: said(scheme.GetOtherRoles()),
			})
			assert.Equal(t, forms, said(scheme.GetTrainingForms()))
			assert.Equal(t, contacts, said(scheme.GetContactKinds()))
			assert.Equal(t, []int32{10, 6, 3, 1}, scheme.GetQualityPoints())
		})
	}
}

// TestProfiles_C16_H8_CheckedTipsOfAnOfficerGivePoints: what the scheme says a tip is worth, by the profile's own roles.
func TestProfiles_C16_H8_CheckedTipsOfAnOfficerGivePoints(t *testing.T) {
	t.Parallel()
	for profile, at := range map[string]struct{ root, unit, keeper, sender, area, outcome string }{
		"h": {bureau, cdc, "duty_reporter", "reporter", "medical_ethics", "warned"},
		"v": {school, finance, "discipline_office", "informant", "fees", "solved"},
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			b := found(t, profile, profile, at.root, at.keeper, at.keeper)
			keeper := b.keeper()
			officer := must(keeper.AppointOfficer(t.Context(), b.candidate(at.root, at.unit, regular)))(t).GetName()
			b.RunJob(officerpoints.ScoreJob)
			sender := officeOver(b.AsPrincipal(access.Principal{Subject: officer, Officer: officer, Roles: []string{at.sender}}))
			send := func(content *networkv1.TipContent) (receipt, name string) {
				receipt = must(sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: at.root}))(t).GetReceipt()
				return receipt, networktest.NewestTip(t, b.Suite)
			}
			giveBack := func(name string) {
				must(keeper.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
					Name: name, Criteria: []string{"factual"}, Reason: "请补充日期。",
				}))(t)
			}
			for _, outcome := range []string{at.outcome, at.outcome, at.outcome, "unfounded"} {
				_, name := send(tip(at.unit, at.area, "web"))
				settle(t, keeper, name, outcome)
			}
			receipt, name := send(tip(at.unit, at.area, "web"))
			giveBack(name)
			must(networkv1.NewTipServiceClient(b.Unauthenticated()).ResubmitTip(t.Context(), &networkv1.ResubmitTipRequest{
				Receipt: receipt, Content: fuller(tip(at.unit, at.area, "web")),
			}))(t)
			settle(t, keeper, name, at.outcome)
			_, name = send(tip(at.unit, at.area, "web"))
			giveBack(name)
			must(keeper.CloseTip(t.Context(), &networkv1.CloseTipRequest{Name: name, Outcome: at.outcome, Reason: "未再报送。"}))(t)

			b.Clock.Advance(32 * 24 * time.Hour) // the month has ended
			b.RunJob(officerpoints.ScoreJob)
			points := must(networkv1.NewOfficerPointsServiceClient(b.As(at.keeper, at.root)).ListOfficerPoints(t.Context(),
				&networkv1.ListOfficerPointsRequest{Unit: at.root}))(t).GetPoints()
			require.Len(t, points, 1)
			assert.Equal(t, officer, points[0].GetOfficer())
			assert.Equal(t, []int32{6, 3, 1, 1, 1, 3*3 + 1*1 + 1*0 - 1}, []int32{
				points[0].GetJudged(), points[0].GetAcceptedAtOnce(), points[0].GetAcceptedAfterReturn(), points[0].GetNotAccepted(),
				points[0].GetUnfounded(), points[0].GetPoints(),
			})
		})
	}
}
