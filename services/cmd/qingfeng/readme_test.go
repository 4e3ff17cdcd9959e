package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")
	remark     = regexp.MustCompile(`(?m) *(^| )# .*$`)
	fixedMonth = regexp.MustCompile(`period\S*20\d\d-\d\d`)
)

// commands are the shell commands of a document, without remarks.
func commands(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile("../../../" + file)
	require.NoError(t, err)
	var found []string
	for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(remark.ReplaceAllString(block[1], "")) {
			if line = strings.TrimSpace(line); line != "" {
				found = append(found, line)
			}
		}
	}
	return found
}

func TestBothReadmesHaveTheSameCommands(t *testing.T) {
	t.Parallel()
	english := commands(t, "README.md")
	require.Greater(t, len(english), 30)
	assert.Equal(t, english, commands(t, "README.zh-CN.md"))
	for _, line := range english {
		assert.False(t, fixedMonth.MatchString(line), "the tour's tips are of the month in which it ran: %s", line)
	}
}
