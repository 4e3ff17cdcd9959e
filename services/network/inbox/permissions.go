package inbox

import (
	"context"
	_ "embed"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
)

//go:embed permissions.yaml
var permissionsFile []byte

// permissions are what reading messages takes, by the beginning of their kinds.
var permissions = mustLoad(permissionsFile)

func mustLoad(data []byte) map[string]string {
	var loaded map[string]string
	if err := yaml.Unmarshal(data, &loaded); err != nil {
		panic("permissions.yaml: " + err.Error())
	}
	return loaded
}

// hiddenKinds are the kinds of messages that the caller does not read.
func (s *Server) hiddenKinds(ctx context.Context) ([]string, error) {
	hidden := []string{}
	for prefix, permission := range permissions {
		held, err := access.Holds(ctx, s.directory, permission)
		if err != nil {
			return nil, err
		}
		for _, kind := range words.Keys("inbox.") {
			if !held && strings.HasPrefix(kind, prefix) {
				hidden = append(hidden, kind)
			}
		}
	}
	return hidden, nil
}
