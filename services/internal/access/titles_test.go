package access_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access/accesstest"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

func TestRefusalsCallUnitsByTheirTitlesOnceTheCallerIsKnown(t *testing.T) {
	t.Parallel()
	gate := accesstest.New(t, "network.tips.read")
	for name, tc := range map[string]struct{ method, token, unit, says string }{
		"known caller":     {get, gate.Token(accesstest.Clerk(accesstest.City)), accesstest.County, "此项只能由区本单位办理。"},
		"unit not known":   {get, gate.Token(accesstest.Clerk(accesstest.City)), "units/none", "此项只能由units/none本单位办理。"},
		"anonymous caller": {follow, "", accesstest.County, "此项只能由units/340503本单位办理。"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gate.Call(t.Context(), tc.method, tc.token, &networkv1.GetTipRequest{},
				func(context.Context) (any, error) {
					return nil, fault.Denied(words.OwnUnitOnly(words.Untitled(tc.unit))).OnField("unit")
				})
			var refused *fault.Fault
			if assert.ErrorAs(t, err, &refused) {
				assert.Equal(t, tc.says, refused.In(words.Chinese))
				assert.Equal(t, tc.says, refused.Fields[0].In(words.Chinese))
			}
		})
	}
}
