package receipts_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/receipts"
)

func TestX1_AReceiptIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"340503", "court", "health_bureau"} {
		receipt, want := receipts.New(region)
		for _, typed := range []string{
			receipt, " " + strings.ToLower(receipt) + "\u200b", strings.ReplaceAll(receipt, "-", " "), strings.ReplaceAll(receipt, "-", "."),
			"回执：" + receipt, "Receipt: " + receipt, strings.ReplaceAll(receipt, "0", "O"),
		} {
			readings, err := receipts.Read(typed)
			require.NoError(t, err)
			assert.True(t, slices.ContainsFunc(readings, func(r receipts.Reading) bool {
				return r.Region == region && string(r.Hash) == string(want)
			}), typed)
		}
		other, _ := receipts.New(region)
		assert.NotEqual(t, receipt, other)
	}
	for _, none := range []string{"", "_", "7KQ4-7KQ4-7KQ4-7KQ4-7KQ4", "340503"} {
		_, err := receipts.Read(none)
		assert.True(t, fault.IsNotFound(err), none)
	}
}
