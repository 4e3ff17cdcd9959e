package suite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/profile"
	"github.com/qingfeng-suite/qingfeng/services/internal/treeimport"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Every folder of deploy/profiles goes into an empty instance: its units, or those that its schemes name, then its schemes.
func TestEveryProfileLoadsWithItsUnits(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir(suitetest.Profiles())
	require.NoError(t, err)
	require.Len(t, folders, 7)
	trees := unitFiles(t)
	for _, folder := range folders {
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(suitetest.Profiles(), folder.Name())
			root := rootOf(t, path)
			s := suitetest.Empty(t)
			admin := s.As(access.Administrator, root)
			differ, err := treeimport.Import(t.Context(), admin, treeimport.Source{File: trees[root], EffectiveFrom: "2026-01-01"}, nil)
			require.NoError(t, err)
			require.Empty(t, differ)
			files, err := filepath.Glob(filepath.Join(path, "*.yaml"))
			require.NoError(t, err)
			if len(files) == 0 {
				return // units alone
			}
			loaded, err := profile.Load(t.Context(), admin, path)
			require.NoError(t, err)
			assert.Len(t, loaded, len(files))
			var network *networkv1.Scheme // comes first
			for _, scheme := range schemesOf(t, admin) {
				checkTitles(t, scheme.Descriptor().FullName(), scheme)
				switch scheme := scheme.Interface().(type) {
				case *networkv1.Scheme:
					network = scheme
					checkRights(t, scheme)
				case *riskv1.Scheme:
					checkRegisterReminders(t, scheme)
					checkReviewRights(t, network, scheme)
				case *warningv1.Scheme:
					checkReminders(t, scheme)
					checkStepRights(t, network, scheme)
				}
			}
		})
	}
}

// unitFiles are the files of units in the profiles, by the root of their trees.
func unitFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(suitetest.Profiles(), "*", "units.csv"))
	require.NoError(t, err)
	trees := map[string]string{}
	for _, file := range files {
		rows, err := treeimport.Read(treeimport.Source{File: file})
		require.NoError(t, err)
		for _, row := range rows {
			if row.Parent == "" {
				trees["units/"+row.ID] = file
			}
		}
	}
	return trees
}

var unitLine = regexp.MustCompile(`(?m)^unit: (\S+)$`)

// rootOf is the unit that the schemes of a profile are for, or the root of its tree where it has no schemes.
func rootOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path, "network.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		for root, file := range unitFiles(t) {
			if filepath.Dir(file) == path {
				return root
			}
		}
	}
	require.NoError(t, err)
	return string(unitLine.FindSubmatch(text)[1])
}

// schemesOf are all schemes of an instance.
func schemesOf(t *testing.T, conn grpc.ClientConnInterface) []protoreflect.Message {
	t.Helper()
	var all []protoreflect.Message
	network, err := networkv1.NewSchemeServiceClient(conn).ListSchemes(t.Context(), &networkv1.ListSchemesRequest{})
	require.NoError(t, err)
	for _, s := range network.GetSchemes() {
		all = append(all, s.ProtoReflect())
	}
	risk, err := riskv1.NewSchemeServiceClient(conn).ListSchemes(t.Context(), &riskv1.ListSchemesRequest{})
	require.NoError(t, err)
	for _, s := range risk.GetSchemes() {
		all = append(all, s.ProtoReflect())
	}
	warning, err := warningv1.NewSchemeServiceClient(conn).ListSchemes(t.Context(), &warningv1.ListSchemesRequest{})
	require.NoError(t, err)
	for _, s := range warning.GetSchemes() {
		all = append(all, s.ProtoReflect())
	}
	assessment, err := assessmentv1.NewSchemeServiceClient(conn).ListSchemes(t.Context(), &assessmentv1.ListSchemesRequest{})
	require.NoError(t, err)
	for _, s := range assessment.GetSchemes() {
		all = append(all, s.ProtoReflect())
	}
	return all
}

// checkTitles checks that all a scheme says to people it says in both languages, and that no two entries of a list have one
// identifier or one title.
func checkTitles(t *testing.T, at protoreflect.FullName, m protoreflect.Message) {
	t.Helper()
	if text, ok := m.Interface().(*typev1.Text); ok {
		assert.NotEmpty(t, text.GetZh(), at)
		assert.NotEmpty(t, text.GetEn(), at)
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		at := at.Append(field.Name())
		switch {
		case field.IsMap() || field.Message() == nil:
		case field.IsList():
			checkList(t, at, value.List())
		default:
			checkTitles(t, at, value.Message())
		}
		return true
	})
}

// term is an entry of a list that people read.
type term interface {
	GetId() string
	GetTitle() *typev1.Text
}

func checkList(t *testing.T, at protoreflect.FullName, list protoreflect.List) {
	t.Helper()
	seen := map[string]bool{}
	for i := range list.Len() {
		m := list.Get(i).Message()
		checkTitles(t, at, m)
		entry, ok := m.Interface().(term)
		if !ok {
			continue
		}
		for _, said := range []string{"id " + entry.GetId(), "zh " + entry.GetTitle().GetZh(), "en " + entry.GetTitle().GetEn()} {
			assert.False(t, seen[said], "%s: %s twice", at, said)
			seen[said] = true
		}
	}
}

// checkReminders checks that whoever owes a step of a warning is reminded before its limit ends, where that is longer than a day, and
// that units above hear of what an office or an issuer lets pass (T7, C12b).
func checkReminders(t *testing.T, scheme *warningv1.Scheme) {
	t.Helper()
	for _, level := range scheme.GetWarningLevels() {
		for _, form := range level.GetForms() {
			for _, step := range form.GetSteps() {
				at := fmt.Sprintf("%s %s %s %s", scheme.GetName(), level.GetId(), form.GetId(), step.GetId())
				limit := step.GetWithin()
				assert.True(t, limit.GetDays() <= 1 || limit.GetRemindBefore().GetDays() > 0, "%s: nobody is reminded of %v", at, limit)
				judges := step.GetKind() >= warningv1.StepKind_STEP_KIND_CHECK || step.GetKind() == warningv1.StepKind_STEP_KIND_TALK
				if judges && !step.GetOptional() {
					assert.Positive(t, step.GetOverdue().GetTellsAbove(), "%s: nobody hears of a delay", at)
				}
			}
		}
	}
}
