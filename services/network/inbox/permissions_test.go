package inbox_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox"
	"github.com/qingfeng-suite/qingfeng/services/network/inbox/inboxtest"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// TestC8_MessagesOfTipsAreForThoseWhoMayReadTips has an urgent tip come: the informants of the unit that handles it learn nothing.
func TestC8_MessagesOfTipsAreForThoseWhoMayReadTips(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	urgent := networktest.ValidTip()
	urgent.Urgent = true
	networktest.SubmitTip(t, s, "units/340503001004", urgent)
	unit := networktest.Township
	list := func(role string) []*networkv1.Message {
		answer, err := reader(s, role, unit).ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: unit})
		require.NoError(t, err)
		unread, err := reader(s, role, unit).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, UnreadOnly: true, Kinds: []string{"inbox.urgent_tip"}})
		require.NoError(t, err)
		count, err := reader(s, role, unit).CountUnreadMessages(t.Context(), &networkv1.CountUnreadMessagesRequest{Unit: unit})
		require.NoError(t, err)
		assert.Len(t, answer.GetMessages(), int(count.GetUnread()))
		assert.Len(t, unread.GetMessages(), int(count.GetUnread()))
		return answer.GetMessages()
	}
	told := list("clerk")
	require.Len(t, told, 1)
	assert.Equal(t, "inbox.urgent_tip", told[0].GetKind())
	assert.Empty(t, list("informant"))
	mark := &networkv1.MarkMessagesReadRequest{Unit: unit, Names: []string{told[0].GetName()}}
	_, err := reader(s, "informant", unit).MarkMessagesRead(t.Context(), mark)
	networktest.Refused(t, err, codes.NotFound, "names[0]")
	_, err = reader(s, "clerk", unit).MarkMessagesRead(t.Context(), mark)
	require.NoError(t, err)
}

// TestEveryKindSaysWhoReadsIt keeps a new kind from being read by all since nobody thought of it.
func TestEveryKindSaysWhoReadsIt(t *testing.T) {
	t.Parallel()
	for prefix, permission := range inbox.Permissions {
		assert.True(t, permission == "" || access.IsPermission(permission), permission)
		assert.True(t, slices.ContainsFunc(words.Keys("inbox."), func(kind string) bool { return strings.HasPrefix(kind, prefix) }), prefix)
	}
	for _, kind := range words.Keys("inbox.") {
		said := 0
		for prefix := range inbox.Permissions {
			if strings.HasPrefix(kind, prefix) {
				said++
			}
		}
		assert.Equal(t, 1, said, kind)
	}
}

// named are the collections of the records that messages name, by the beginning of their kinds.
var named = map[string][]string{
	"inbox.analysis_": {"analyses"}, "inbox.appointment_": {"appointments", "units"}, "inbox.bulletin_": {"bulletins", "bulletinReceipts", "units"},
	"inbox.campaign_": {"campaigns"}, "inbox.case_lead_": {"caseLeads", "units", "warnings"}, "inbox.check_": {"checks"}, "inbox.comment_": {"comments"},
	"inbox.commitment_": {"commitments"}, "inbox.contact_point": {"contactPoints", "units"}, "inbox.control_": {"controls", "units"},
	"inbox.decision_": {"decisions", "units"}, "inbox.deferral_": {"rotations", "units"}, "inbox.deficiency_": {"deficiencies", "units"},
	"inbox.entry_": {"powerItems", "riskPoints"}, "inbox.filing_": {"checks", "decisions", "deficiencies", "publications", "units"},
	"inbox.finding_": {"findings", "units"}, "inbox.handbook_": {"handbooks"}, "inbox.inquiry": {"inquiries", "units"},
	"inbox.judging_": {"controls", "decisions", "deficiencies", "powerItems", "riskPoints", "units"},
	"inbox.new_tips": {"units"}, "inbox.objection_": {"publications"}, "inbox.officer_": {"officers", "units"},
	"inbox.owed_": {"units"}, "inbox.owner_": {"controls", "decisions", "deficiencies", "units"},
	"inbox.openness_": {"opennessItems", "units"}, "inbox.poll_": {"polls"}, "inbox.position_": {"positions", "appointments", "units"},
	"inbox.power_": {"powerItems"}, "inbox.problem_": {"commonProblems", "units"}, "inbox.publication_": {"publications", "units"},
	"inbox.redo_": {"redos", "units"}, "inbox.referral_": {"referrals"},
	"inbox.study_": {"studies", "units"}, "inbox.expert_": {"studyInvitations"},
	"inbox.report": {"reports", "reportExceptions", "units"}, "inbox.risk_point_": {"riskPoints", "units"},
	"inbox.rotation_": {"rotations", "units"}, "inbox.round_": {"rounds"},
	"inbox.sent_tip_": nil, // tips, whose senders look them up by their receipts
	"inbox.tip_":      {"tips", "units"}, "inbox.tips_": {"tips", "units"}, "inbox.training_": {"trainingSessions"},
	"inbox.tree_change_": {"treeChanges"}, "inbox.unit": {"treeChanges", "units"}, "inbox.urgent_tip": {"tips"},
	"inbox.warning_": {"warnings"},
}

// TestWhoIsToldMayReadWhatAMessageNames walks the kinds of messages and the roles of the shipped profiles.
func TestWhoIsToldMayReadWhatAMessageNames(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(suitetest.Profiles(), "*", "network.yaml"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 5)
	for _, file := range files {
		for _, role := range rolesOf(t, file) {
			granted := access.Granted([]*networkv1.Role{role})
			if !slices.Contains(granted, "network.messages.read") {
				continue
			}
			for prefix, permission := range inbox.Permissions {
				collections, known := named[prefix]
				require.True(t, known, prefix)
				for _, collection := range collections {
					reads := slices.ContainsFunc(inbox.Readings()[collection], func(p string) bool { return slices.Contains(granted, p) })
					told := permission == "" || slices.Contains(granted, permission)
					assert.True(t, reads || !told, "%s: %s is told of %s, and may not read %s", file, role.GetId(), prefix, collection)
				}
			}
		}
	}
}

// rolesOf are the roles of a profile.
func rolesOf(t *testing.T, file string) (roles []*networkv1.Role) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var scheme struct {
		Roles []struct {
			ID          string
			Permissions []string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &scheme))
	require.NotEmpty(t, scheme.Roles, file)
	for _, role := range scheme.Roles {
		roles = append(roles, &networkv1.Role{Id: role.ID, Permissions: role.Permissions})
	}
	return roles
}

// A reporter who is told that a tip came back looks it up by its receipt, and is led to no record.
func TestH6_H8_ReportersAreLedToNoTip(t *testing.T) {
	t.Parallel()
	const health, hospital = "units/health", "units/hospital_people"
	s := suitetest.Of(t, "h", health)
	sent, err := networkv1.NewTipServiceClient(s.As("reporter", hospital)).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
		Content: &networkv1.TipContent{
			Unit: hospital, SubjectArea: "medical_ethics", Channel: "web", Title: "药品采购", Body: "两批药品的采购没有比价记录",
		},
	})
	require.NoError(t, err)
	duty := networkv1.NewTipServiceClient(s.As("duty_reporter", health))
	listed, err := duty.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: health})
	require.NoError(t, err)
	require.Len(t, listed.GetTips(), 1)
	name := listed.GetTips()[0].GetName()
	_, err = duty.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{
		Name: name, Criteria: []string{"specific"}, Reason: "请写明批次",
	})
	require.NoError(t, err)

	told, err := reader(s, "reporter", hospital).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: hospital, Kinds: []string{"inbox.sent_tip_returned"}})
	require.NoError(t, err)
	require.Len(t, told.GetMessages(), 1)
	assert.Empty(t, told.GetMessages()[0].GetResource())
	assert.Contains(t, told.GetMessages()[0].GetTitle(), "请用回执号查看理由")
	require.NotEmpty(t, sent.GetReceipt())
	centre, err := reader(s, "duty_reporter", health).ListMessages(t.Context(),
		&networkv1.ListMessagesRequest{Unit: health, Kinds: []string{"inbox.new_tips", "inbox.urgent_tip"}})
	require.NoError(t, err)
	for _, m := range centre.GetMessages() {
		assert.NotEmpty(t, m.GetResource())
	}
}

// A message about a tip leads there as long as its reader's unit, or one below, handles it.
func TestC8_H8_MessagesOfATipThatWentOnLeadNowhere(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const unit, above = networktest.Township, networktest.City
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
	tip := networktest.OnlyTip(t, s, unit).GetName()
	refer := func(from, to string) {
		_, err := networkv1.NewTipServiceClient(s.As("clerk", from)).ReferTip(t.Context(),
			&networkv1.ReferTipRequest{Name: tip, ToUnit: to, Reason: "另行办理"})
		require.NoError(t, err)
	}
	named := func(unit string) (names []string) {
		listed, err := reader(s, "clerk", unit).ListMessages(t.Context(),
			&networkv1.ListMessagesRequest{Unit: unit, Kinds: []string{"inbox.tip_referred"}})
		require.NoError(t, err)
		for _, m := range listed.GetMessages() {
			names = append(names, m.GetResource())
		}
		return names
	}
	refer(unit, above)
	refer(above, unit)
	assert.Equal(t, []string{tip}, named(unit), "it is there")
	assert.Equal(t, []string{tip}, named(above), "below it")
	refer(unit, above)
	_, err := networkv1.NewTipServiceClient(s.As("clerk", unit)).GetTip(t.Context(), &networkv1.GetTipRequest{Name: tip})
	networktest.Refused(t, err, codes.NotFound)
	assert.Equal(t, []string{""}, named(unit), "it went on")
	assert.Equal(t, []string{tip, tip}, named(above))
}

// Reading the inbox is the everyday work of informants: an entry that names them just before a tip would name its sender.
func TestX3_TheJournalDoesNotSayThatAnInformantHasReadTheInbox(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	unit := networktest.OtherTownship
	published := inboxtest.ReportDueSoon(t, s, unit, unit)
	published.Sentence = words.InboxUnitRenamed("镇纪委", "2026-11-03", "街道纪工委")
	inboxtest.Notify(t, inboxtest.Store(t, s), published)
	name := listed(t, reader(s, "informant", unit), 1, false)[0].GetName()
	names := func(role string) (actors []string) {
		_, err := reader(s, role, unit).MarkMessagesRead(t.Context(), &networkv1.MarkMessagesReadRequest{Unit: unit, Names: []string{name}})
		require.NoError(t, err)
		entries, err := networkv1.NewJournalServiceClient(s.As("reviewer", networktest.City)).ListJournal(t.Context(),
			&typev1.ListJournalRequest{Unit: networktest.City})
		require.NoError(t, err)
		for _, entry := range entries.GetEntries() {
			if entry.GetEvent() == "network.InboxService.MarkMessagesRead" {
				actors = append(actors, entry.GetActor())
			}
		}
		return actors
	}
	assert.Empty(t, names("informant"))
	assert.Empty(t, names("clerk"), "who may send tips too")
	assert.Len(t, names("reviewer"), 1)
}
