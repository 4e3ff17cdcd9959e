package network_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// What stands in texts and shows nothing is taken: what joins stays, what does not goes.
func TestH4_H8_C8_JoinersStayInTextsAndSoftHyphensGo(t *testing.T) {
	t.Parallel()
	const family, emoji = "一家\U0001f468\u200d\U0001f469\u200d\U0001f467三口", "惠\u00ad民\ufeff\u200f资金，"
	s := suitetest.New(t)
	content := networktest.ValidTip()
	content.Title, content.Body = "惠\u00ad民资金", emoji+family+"未领到。"
	networktest.SubmitTip(t, s, networktest.Township, content)
	read, err := networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: networktest.NewestTip(t, s)})
	require.NoError(t, err)
	assert.Equal(t, "惠民资金", read.GetContent().GetTitle())
	assert.Equal(t, "惠民资金，"+family+"未领到。", read.GetContent().GetBody())
}

// What harms is refused, and each text of a request says by which character, in either language.
func TestH4_HarmfulCharactersAreRefusedByName(t *testing.T) {
	t.Parallel()
	harmful := []rune{
		0x00, 0x07, 0x0b, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xfff9, 0xe000,
		0xfdd0, 0xfffe, 0xe0041, 0xf0000, 0x10ffff,
	}
	s := suitetest.New(t)
	inquiries := networkv1.NewInquiryServiceClient(s.As("handler", networktest.City))
	says := map[string]string{"zh-CN": "含有不能接受的字符 %U，请删去。", "en": "%U"}
	for lang, words := range says {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang)
		for _, r := range harmful {
			_, err := inquiries.OpenInquiry(ctx, &networkv1.OpenInquiryRequest{Inquiry: &networkv1.Inquiry{
				Unit: networktest.City, Point: networktest.County, Kind: "survey", SubjectUnits: []string{networktest.County},
				Title: "专题" + string(r) + "调研", Questions: []string{"由谁验收？", "何时" + string(r) + "验收？"}, DueOn: "2026-11-30",
			}})
			require.Equal(t, codes.InvalidArgument, status.Code(err), "%U: %v", r, err)
			named := map[string]bool{}
			for _, v := range suitetest.FieldViolations(t, err) {
				named[v.GetField()] = true
				assert.Contains(t, v.GetDescription(), fmt.Sprintf(words, r), lang)
				assert.NotContains(t, v.GetDescription(), string(r), "what is refused is named and not shown")
				if lang == "en" {
					assert.NotRegexp(t, `\p{Han}`, v.GetDescription())
				}
			}
			assert.Equal(t, map[string]bool{"inquiry.title": true, "inquiry.questions[1]": true}, named, "%U", r)
			assert.NotContains(t, strings.ToValidUTF8(status.Convert(err).Message(), ""), string(r))
		}
	}
}
