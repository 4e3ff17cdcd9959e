package filetext_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/qingfeng-suite/qingfeng/services/internal/filetext"
)

func TestEncodingsOfOfficesAreRead(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]encoding.Encoding{
		"UTF-8": unicode.UTF8, "UTF-8 with a mark": unicode.UTF8BOM, "UTF-16 with a mark": unicode.UTF16(true, unicode.UseBOM),
		"GBK": simplifiedchinese.GBK, "GB18030": simplifiedchinese.GB18030,
	} {
		text, err := code.NewEncoder().String("name,说明\n花山区,（东区）\n")
		require.NoError(t, err)
		r, err := filetext.NewReader(strings.NewReader(text))
		require.NoError(t, err, name)
		records, err := r.ReadAll()
		require.NoError(t, err, name)
		assert.Equal(t, [][]string{{"name", "说明"}, {"花山区", "（东区）"}}, records, name)
	}
	_, err := filetext.NewReader(strings.NewReader("name\n\xff\xfe\xfa\x81"[:6] + "\xff\xff\n"))
	require.ErrorContains(t, err, "UTF-8")
	assert.True(t, filetext.IsBlank([]string{"", " ", ""}))
	assert.False(t, filetext.IsBlank([]string{"", "a"}))
}
