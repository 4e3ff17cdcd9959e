package tips_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// Whatever officers hold: of what one of them tells, no fewer than asked for tell the same, and each tells only what they hold.
func TestH5_C4_NoFewerThanAskedForTellTheSameRoles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		combination := rapid.Custom(func(t *rapid.T) []string {
			roles := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID[string]).Draw(t, "roles")
			slices.Sort(roles)
			return roles
		})
		var held []db.RolesHeldRow
		for _, roles := range rapid.SliceOfNDistinct(combination, 0, 8, func(roles []string) string {
			return strings.Join(roles, "")
		}).Draw(t, "held") {
			held = append(held, db.RolesHeldRow{OtherRoles: roles, Officers: rapid.Int64Range(1, 6).Draw(t, "officers")})
		}
		least := rapid.Int64Range(3, 6).Draw(t, "least")
		telling := map[string]int64{}
		for _, row := range held {
			told := tips.ToldAmong(held, least, row.OtherRoles)
			require.Subset(t, row.OtherRoles, told)
			telling[strings.Join(told, "")] += row.Officers
		}
		delete(telling, "")
		for told, officers := range telling {
			require.GreaterOrEqual(t, officers, least, told)
		}
		gone := tips.ToldAmong(held, least, combination.Draw(t, "of one who left")) // tells what others tell
		require.True(t, len(gone) == 0 || telling[strings.Join(gone, "")] >= least, gone)
	})
}

// roleReader reads tips with what they tell of their senders' roles.
type roleReader struct {
	t      *testing.T
	client networkv1.TipServiceClient
}

// listed counts the tips of a list that asks for a role, over pages of one.
func (r roleReader) listed(role string) int {
	r.t.Helper()
	count := 0
	req := &networkv1.ListTipsRequest{Unit: networktest.Township, SourceRole: role, PageSize: 1}
	for more := true; more; more = req.GetPageToken() != "" {
		page, err := r.client.ListTips(r.t.Context(), req)
		require.NoError(r.t, err)
		require.True(r.t, page.GetNextPageToken() == "" || len(page.GetTips()) == 1, "an empty page would say that there is one")
		for _, tip := range page.GetTips() {
			count++
			assert.True(r.t, role == "" || slices.Contains(tip.GetSourceRoles(), role))
		}
		req.PageToken = page.GetNextPageToken()
	}
	return count
}

// counted counts tips by role.
func (r roleReader) counted() map[string]int64 {
	r.t.Helper()
	answer, err := r.client.CountTips(r.t.Context(),
		&networkv1.CountTipsRequest{Unit: networktest.Township, Period: "2026-11", BySourceRole: true})
	require.NoError(r.t, err)
	byRole := map[string]int64{}
	for _, c := range answer.GetCounts() {
		byRole[c.GetSourceRole()] += c.GetReceived()
	}
	return byRole
}

// told is what a tip tells in all answers that hold it.
func (r roleReader) told(name string) []string {
	r.t.Helper()
	tip, err := r.client.GetTip(r.t.Context(), &networkv1.GetTipRequest{Name: name})
	require.NoError(r.t, err)
	list, err := r.client.ListTips(r.t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
	require.NoError(r.t, err)
	i := slices.IndexFunc(list.GetTips(), func(tip *networkv1.Tip) bool { return tip.GetName() == name })
	assert.Equal(r.t, tip.GetSourceRoles(), list.GetTips()[i].GetSourceRoles())
	return tip.GetSourceRoles()
}

func TestH5_C4_C16_RolesThatFewHoldAreNotTold(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	read := roleReader{t, networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))}
	officers := networkv1.NewOfficerServiceClient(s.As("clerk", networktest.Township))
	sender := networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 1, "mediator", "petition_informant")[0]
	others := networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 1, "mediator")
	networktest.AppointHolding(t, s, networktest.City, networktest.OtherTownship, 3, "mediator", "petition_informant")
	send := func(content *networkv1.TipContent) string {
		_, err := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
			Subject: "accounts/zhang", Officer: sender, Roles: []string{"informant"},
		})).SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: networktest.Township})
		require.NoError(t, err)
		return networktest.NewestTip(t, s)
	}
	early := send(networktest.ValidTip())
	networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())

	assert.Empty(t, read.told(early), "two mediators are too few; those of another township send elsewhere")
	assert.Zero(t, read.listed("mediator"))
	assert.Equal(t, map[string]int64{"": 2}, read.counted())

	others = append(others, networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 1, "mediator")...)
	assert.Empty(t, read.told(early), "who came to be a mediator later did not send it")
	name := send(networktest.ValidTip())
	assert.Equal(t, []string{"mediator"}, read.told(name), "the second role is left out")
	assert.Equal(t, 1, read.listed("mediator"))
	assert.Zero(t, read.listed("petition_informant"))
	assert.Equal(t, map[string]int64{"": 2, "mediator": 1}, read.counted())
	accepted, err := read.client.AcceptTip(t.Context(), &networkv1.AcceptTipRequest{
		Name: name, CriteriaMet: networktest.Criteria,
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"mediator"}, accepted.GetSourceRoles(), "an act answers the same")
	similar, err := read.client.ListSimilarTips(t.Context(), &networkv1.ListSimilarTipsRequest{Name: send(networktest.ValidTip())})
	require.NoError(t, err)
	for _, like := range similar.GetTips() {
		assert.NotContains(t, like.GetTip().GetSourceRoles(), "petition_informant")
	}
	_, err = networkv1.NewTipServiceClient(s.As("clerk", networktest.Township)).ReferTip(t.Context(), &networkv1.ReferTipRequest{
		Name: name, ToUnit: networktest.City, Reason: "请市里办理。",
	})
	require.NoError(t, err)
	above, err := networkv1.NewTipServiceClient(s.As("handler", networktest.City)).GetTip(t.Context(),
		&networkv1.GetTipRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, []string{"mediator"}, above.GetSourceRoles(), "it came to the township, whoever handles it")

	_, err = officers.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{Name: others[0]})
	require.NoError(t, err)
	assert.Zero(t, read.listed("mediator"), "who holds a role at reading counts")
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 1, "mediator")
	assert.Equal(t, 1, read.listed("mediator"))
	networktest.NewScheme(t, s, func(scheme *networkv1.Scheme) { scheme.LeastOfRole = 4 })
	s.Clock.Advance(6 * time.Second)
	assert.Zero(t, read.listed("mediator"), "the scheme asks for more")
}

func TestH5_C4_RolesOfWhatAUnitSentAreSoughtInTheUnit(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	networktest.AppointHolding(t, s, networktest.Township, networktest.Village, 2, "mediator")
	sender := networktest.AppointHolding(t, s, networktest.Township, "units/340503001004", 1, "mediator")[0]
	client := networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
		Subject: "accounts/zhang", Officer: sender, Roles: []string{"informant"},
	}))
	yes, read := true, roleReader{t, networkv1.NewTipServiceClient(s.As("clerk", networktest.Township))}
	for _, forUnit := range []*bool{nil, &yes} {
		_, err := client.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{
			Content: networktest.ValidTip(), Recipient: networktest.Township, ForUnit: forUnit,
		})
		require.NoError(t, err)
	}
	assert.Equal(t, 1, read.listed("mediator"), "the unit that a tip names has one mediator")
	assert.Equal(t, map[string]int64{"": 1, "mediator": 1}, read.counted())
}

// Of many units, senders are sought in each: what one tells, another may not.
func TestH5_C4_ListFindsARoleWhereItIsTold(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	informants := map[string]networkv1.TipServiceClient{}
	for unit, mediators := range map[string]int{networktest.Village: 3, networktest.OtherTownship: 1} {
		by := networktest.Township
		if unit == networktest.OtherTownship {
			by = networktest.City
		}
		sender := networktest.AppointHolding(t, s, by, unit, mediators, "mediator")[0]
		informants[unit] = networkv1.NewTipServiceClient(s.AsPrincipal(access.Principal{
			Subject: "accounts/" + unit, Officer: sender, Roles: []string{"informant"},
		}))
	}
	var told []string
	send := func(unit, recipient string, content *networkv1.TipContent) {
		_, err := informants[unit].SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: recipient})
		require.NoError(t, err)
		if unit == networktest.Village {
			told = append([]string{networktest.NewestTip(t, s)}, told...)
		}
	}
	elsewhere := networktest.ValidTip()
	elsewhere.Unit = "units/340504001001"
	for range 3 {
		send(networktest.Village, networktest.Township, networktest.ValidTip())
		send(networktest.OtherTownship, "", elsewhere)
	}
	require.NoError(t, link(t, s, networktest.Township, told[0], told[1]))
	reader := networkv1.NewTipServiceClient(s.As("handler", networktest.City))
	var found []string
	req := &networkv1.ListTipsRequest{Unit: networktest.City, SourceRole: "mediator", PageSize: 2}
	for more := true; more; more = req.GetPageToken() != "" {
		page, err := reader.ListTips(t.Context(), req)
		require.NoError(t, err)
		for _, tip := range page.GetTips() {
			found = append(found, tip.GetName())
		}
		req.PageToken = page.GetNextPageToken()
	}
	assert.ElementsMatch(t, told, found, "the duplicate as well")
}
