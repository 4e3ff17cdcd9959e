package network_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// lead records the posts of a unit's leaders, separated by a blank.
func (b *body) lead(t *testing.T, unit, posts string) {
	t.Helper()
	first, charge, _ := strings.Cut(posts, " ")
	must(networkv1.NewTreeServiceClient(b.As(access.Administrator, b.root)).UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
		Unit:       &networkv1.Unit{Name: unit, FirstResponsible: first, LeaderInCharge: charge},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible", "leader_in_charge"}}, Reason: "明确责任",
	}))(t)
}

// nameFirst has an office record the first responsible person of units below it.
func nameFirst(t *testing.T, by office, units []string, post string) {
	t.Helper()
	for _, unit := range units {
		must(by.UpdateUnit(t.Context(), &networkv1.UpdateUnitRequest{
			Unit:       &networkv1.Unit{Name: unit, FirstResponsible: post},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"first_responsible"}}, Reason: "明确责任",
		}))(t)
	}
}

// naming is who sends tips about the holders of posts in a unit, and what becomes of each.
type naming struct {
	sender office
	about  string
	posts  []string
	// past does not read them, by does; where it is empty, they are refused.
	past, by office
	handler  string
}

func (b *body) requireNamed(t *testing.T, scheme *networkv1.Scheme, c naming) {
	t.Helper()
	for _, post := range c.posts {
		content := tip(c.about, scheme.GetSubjectAreas()[0].GetId(), "web")
		content.Position = post
		_, err := c.sender.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content})
		if c.handler == "" {
			suitetest.RequireRefused(t, err, codes.FailedPrecondition, "NO_UNIT_ABOVE")
			require.ErrorContains(t, err, scheme.GetBodyAbove().GetZh())
			continue
		}
		require.NoError(t, err, post)
		name := networktest.NewestTip(t, b.Suite)
		_, err = c.past.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
		networktest.Refused(t, err, codes.NotFound)
		read, err := c.by.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
		if assert.NoError(t, err, post) {
			assert.Equal(t, c.handler, read.GetHandlingUnit(), post)
		}
	}
}

func (b *body) scheme(t *testing.T) *networkv1.Scheme {
	t.Helper()
	return must(networkv1.NewSchemeServiceClient(b.As(access.Administrator, b.root)).GetEffectiveScheme(t.Context(),
		&networkv1.GetEffectiveSchemeRequest{Unit: b.root}))(t)
}

func TestC8_LeadersAboveAreKnownInACityHoweverTheirPostsAreWritten(t *testing.T) {
	t.Parallel()
	c := &city{body: found(t, "c", "maanshan", suitetest.City, "handler", "clerk")}
	centre, gushu, dangtu := c.office("handler", c.root), "units/340521100", "units/340521"
	for unit, posts := range map[string]string{
		c.root: "市纪委书记 信访室主任", county: "区委书记 区纪委书记", town: "街道办事处主任", village: "主任", dangtu: "纪委书记", gushu: "镇纪委书记",
	} {
		c.lead(t, unit, posts)
	}
	sender := c.office("informant", nextVillage)
	for _, test := range []naming{
		{about: village, past: c.clerk(town), by: c.clerk(county), handler: county, posts: []string{
			"街道办事处 主任", "街道办事处·主任", "街道办事处(主任)", "沙塘路街道办事处（主任）", "街办 主任", "街道党工委委员、办事处主任",
			"街道一把手", "街道主要领导",
		}},
		{about: town, past: c.clerk(county), by: centre, handler: c.root, posts: []string{"区委常委、纪委书记", "区委一把手"}},
		{about: "units/340521100001", past: c.clerk(gushu), by: c.clerk(dangtu), handler: dangtu, posts: []string{
			"姑孰镇党委委员、纪委书记", "镇一把手",
		}},
		{about: gushu, past: c.clerk(dangtu), by: centre, handler: c.root, posts: []string{"当涂县委常委、纪委书记"}},
		{about: village, posts: []string{"市委常委、纪委书记", "马鞍山市委常委、纪委书记", "市纪委信访室主任"}},
		{about: county, posts: []string{"市委常委、纪委书记"}},
	} {
		test.sender = sender
		c.requireNamed(t, c.scheme(t), test)
	}
	content := tip(nextVillage, c.scheme(t).GetSubjectAreas()[0].GetId(), "web")
	content.Position = "主任"
	must(c.office("informant", village).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content}))(t)
	must(c.clerk(town).GetTip(t.Context(), &networkv1.GetTipRequest{Name: networktest.NewestTip(t, c.Suite)}))(t) // a bare post is no leader's above
}

func TestC8_TheHeadOfTheTopmostBodyIsKnownThoughNoPostIsRecorded(t *testing.T) {
	t.Parallel()
	c := &city{body: found(t, "c", "maanshan", suitetest.City, "handler", "clerk")}
	for _, about := range []string{village, county} {
		c.requireNamed(t, c.scheme(t), naming{
			sender: c.office("informant", nextVillage), about: about,
			posts: []string{"市纪委一把手", "市纪委主要领导", "马鞍山市纪委一把手", "市纪委书记", "市监委一把手"},
		})
	}
	c.requireNamed(t, c.scheme(t), naming{
		sender: c.office("informant", nextVillage), about: village, past: c.clerk(town), by: c.clerk(county), handler: county,
		posts: []string{"街道纪工委书记", "街道纪工委一把手"},
	})
}

func TestC8_TheHeadOfABureauIsKnownByWhatPeopleCallTheBureau(t *testing.T) {
	t.Parallel()
	h := &health{body: found(t, "h", "h", bureau, "duty_reporter", "reporter")}
	section := "units/section_tcm_equipment"
	sender := h.office("reporter", "units/section_people_equipment")
	for _, posts := range []string{"市卫生局局长", "局长 纪检组组长"} {
		h.lead(t, bureau, posts)
		h.requireNamed(t, h.scheme(t), naming{sender: sender, about: section, posts: []string{"市卫生局局长", "卫生局 局长", "局长", "局一把手"}})
		h.requireNamed(t, h.scheme(t), naming{sender: sender, about: bureau, posts: []string{"市卫生局局长", "市卫生局主要领导"}})
	}
	for _, about := range []string{section, bureau} {
		h.requireNamed(t, h.scheme(t), naming{sender: sender, about: about, posts: []string{"市卫生局纪检组组长", "市卫生局纪检组长"}})
	}
}

func TestC8_TheHeadOfASchoolIsKnownByWhatPeopleCallTheSchool(t *testing.T) {
	t.Parallel()
	c := &college{body: found(t, "v", "v", school, "discipline_office", "department")}
	c.discipline = c.office("discipline_office", school)
	c.lead(t, school, "校长 纪委书记")
	c.lead(t, logistics, "主任")
	sender := c.office("informant", textbooks)
	for _, about := range []string{canteen, logistics} {
		c.requireNamed(t, c.scheme(t), naming{sender: sender, about: about, posts: []string{"学校校长", "职业技术学校校长", "校纪委书记"}})
		c.requireNamed(t, c.scheme(t), naming{
			sender: sender, about: about, past: c.head(logistics), by: c.discipline, handler: school,
			posts: []string{"总务处党支部书记、主任", "总务处一把手"},
		})
	}
}
