package suite_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// kept is a kind of record, of which a test has three, and what is done with one of them through the API.
type kept struct {
	// table holds it, name gives its name there.
	table, name string
	// damage is the path of a text in its body, as an array of PostgreSQL.
	damage string
	make   func(t *testing.T, n int) string
	get    func(t *testing.T, name string) error
	list   func(t *testing.T) []string
	change func(t *testing.T, name string) error
}

// hasName is what has a name.
type hasName interface{ GetName() string }

func namesOf[M hasName](list []M) []string {
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.GetName()
	}
	return names
}

// name is a record's name by its answer.
func name[M hasName](t *testing.T, m M, err error) string {
	t.Helper()
	require.NoError(t, err)
	return m.GetName()
}

// sharded is how a table tells the name of a record of a collection.
func sharded(collection string) string { return "'" + collection + "/' || region || '-' || key" }

// keptRecords are those that each service has most of.
func keptRecords(s *suitetest.Suite) map[string]kept {
	clerk, handler := s.As("clerk", networktest.Township), s.As("handler", suitetest.City)
	all := map[string]kept{"round": keptRound(s.As("reviewer", suitetest.City))}
	for kind, record := range map[string]kept{
		"tip": keptTip(s, clerk), "report": keptReport(s), "officer": keptOfficer(clerk),
		"warning": keptWarning(clerk, handler), "finding": keptFinding(handler), "bulletin": keptBulletin(handler),
		"risk point": keptRiskPoint(clerk), "power item": keptPower(clerk),
	} {
		all[kind] = record
	}
	return all
}

func keptTip(s *suitetest.Suite, clerk grpc.ClientConnInterface) kept {
	tips := networkv1.NewTipServiceClient(clerk)
	return kept{
		table: "network.tips", name: "'tips/' || region || '-' || tip_key", damage: "{content,title}",
		make: func(t *testing.T, _ int) string {
			t.Helper()
			networktest.SubmitTip(t, s, networktest.OtherTownship, networktest.ValidTip())
			return networktest.NewestTip(t, s)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := tips.GetTip(t.Context(), &networkv1.GetTipRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: networktest.Township})
			require.NoError(t, err)
			return namesOf(listed.GetTips())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := tips.ReturnTip(t.Context(), &networkv1.ReturnTipRequest{Name: name, Criteria: []string{"factual"}, Reason: "请补充。"})
			return err
		},
	}
}

// keptReport is about reports that were opened before: those of October of the first townships of the county.
func keptReport(s *suitetest.Suite) kept {
	all := networkv1.NewReportServiceClient(s.As("clerk", networktest.County))
	return kept{
		table: "network.reports", name: "'reports/' || unit_id || '.' || schedule_id || '.' || period", damage: "{schemeVersion}",
		make: func(_ *testing.T, n int) string {
			return "reports/34050300" + strconv.Itoa(1+n) + ".monthly.2026-10"
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := all.GetReport(t.Context(), &networkv1.GetReportRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := all.ListReports(t.Context(), &networkv1.ListReportsRequest{
				Unit: networktest.County, Period: "2026-10", PageSize: 1000,
			})
			require.NoError(t, err)
			return namesOf(listed.GetReports())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			unit, _, _ := strings.Cut(strings.TrimPrefix(name, "reports/"), ".")
			own := networkv1.NewReportServiceClient(s.As("clerk", "units/"+unit))
			_, err := own.WriteReport(t.Context(), &networkv1.WriteReportRequest{
				Name: name, Values: networktest.Information("work_style"),
			})
			return err
		},
	}
}

func keptOfficer(clerk grpc.ClientConnInterface) kept {
	officers := networkv1.NewOfficerServiceClient(clerk)
	return kept{
		table: "network.officers", name: sharded("officers"), damage: "{title}",
		make: func(t *testing.T, _ int) string {
			t.Helper()
			made, err := officers.AppointOfficer(t.Context(), &networkv1.AppointOfficerRequest{
				Officer: networktest.Officer(networktest.Township, networktest.Village, networkv1.OfficerType_OFFICER_TYPE_REGULAR),
			})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := officers.GetOfficer(t.Context(), &networkv1.GetOfficerRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := officers.ListOfficers(t.Context(), &networkv1.ListOfficersRequest{Unit: networktest.Township})
			require.NoError(t, err)
			return namesOf(listed.GetOfficers())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := officers.ChangeOtherRoles(t.Context(), &networkv1.ChangeOtherRolesRequest{Name: name, OtherRoles: []string{"mediator"}})
			return err
		},
	}
}

func keptWarning(clerk, handler grpc.ClientConnInterface) kept {
	warnings := warningv1.NewWarningServiceClient(handler)
	return kept{
		table: "warning.warnings", name: sharded("warnings"), damage: "{title}",
		make: func(t *testing.T, n int) string {
			t.Helper()
			made, err := warnings.IssueWarning(t.Context(), &warningv1.IssueWarningRequest{
				Unit: networktest.Township, WarningLevel: "blue", Title: "集体资金" + strconv.Itoa(n), Grounds: "收支没有公开。",
				SupervisingUnit: networktest.County,
			})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := warnings.GetWarning(t.Context(), &warningv1.GetWarningRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := warnings.ListWarnings(t.Context(), &warningv1.ListWarningsRequest{Unit: networktest.Township})
			require.NoError(t, err)
			return namesOf(listed.GetWarnings())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := warningv1.NewWarningServiceClient(clerk).AcknowledgeWarning(t.Context(),
				&warningv1.AcknowledgeWarningRequest{Name: name})
			return err
		},
	}
}

// keptFinding makes all findings at once, one a subject area.
func keptFinding(handler grpc.ClientConnInterface) kept {
	findings := warningv1.NewFindingServiceClient(handler)
	list := func(t *testing.T) []string {
		t.Helper()
		listed, err := findings.ListFindings(t.Context(), &warningv1.ListFindingsRequest{
			Unit: suitetest.City, AboutUnit: networktest.OtherTownship, PageSize: 1000,
		})
		require.NoError(t, err)
		var own []string
		for _, f := range listed.GetFindings() {
			if f.GetUnit() == suitetest.City {
				own = append(own, f.GetName())
			}
		}
		return own
	}
	return kept{
		table: "warning.findings", name: sharded("findings"), damage: "{explanation}",
		make: func(t *testing.T, n int) string {
			t.Helper()
			if n > 0 {
				return list(t)[n]
			}
			tips := networkv1.NewTipServiceClient(handler)
			for _, area := range []string{"work_style", "ethics", "law_enforcement"} {
				for range 4 {
					content := networktest.ValidTip()
					content.Unit, content.SubjectArea = networktest.OtherTownship, area
					_, err := tips.SubmitTip(t.Context(), &networkv1.SubmitTipRequest{Content: content, Recipient: suitetest.City})
					require.NoError(t, err)
				}
			}
			_, err := warningv1.NewAnalysisServiceClient(handler).RunAnalysis(t.Context(),
				&warningv1.RunAnalysisRequest{Unit: suitetest.City, Period: "2026-11"})
			require.NoError(t, err)
			require.GreaterOrEqual(t, len(list(t)), 3)
			return list(t)[0]
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := findings.GetFinding(t.Context(), &warningv1.GetFindingRequest{Name: name})
			return err
		},
		list: list,
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := findings.SetAsideFinding(t.Context(), &warningv1.SetAsideFindingRequest{Name: name, Reason: "属重复反映。"})
			return err
		},
	}
}

func keptBulletin(handler grpc.ClientConnInterface) kept {
	bulletins := warningv1.NewBulletinServiceClient(handler)
	return kept{
		table: "warning.bulletins", name: sharded("bulletins"), damage: "{title}",
		make: func(t *testing.T, n int) string {
			t.Helper()
			made, err := bulletins.CreateBulletin(t.Context(), &warningv1.CreateBulletinRequest{Bulletin: &warningv1.Bulletin{
				Unit: suitetest.City, Kind: "rectification_circular", Period: "2026-11", Title: "整改情况通报" + strconv.Itoa(n),
				Texts: []*warningv1.BulletinText{
					{Section: "overview", Text: "总体较好。"}, {Section: "demands", Text: "限期公开。"},
				},
				Addressees: []*warningv1.BulletinAddressee{{Unit: networktest.Township}},
			}})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := bulletins.GetBulletin(t.Context(), &warningv1.GetBulletinRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := bulletins.ListBulletins(t.Context(), &warningv1.ListBulletinsRequest{Unit: suitetest.City})
			require.NoError(t, err)
			return namesOf(listed.GetBulletins())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := bulletins.UpdateBulletin(t.Context(), &warningv1.UpdateBulletinRequest{
				Bulletin: &warningv1.Bulletin{Name: name, Title: "通报"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
			})
			return err
		},
	}
}

func keptRiskPoint(clerk grpc.ClientConnInterface) kept {
	points := riskv1.NewRiskPointServiceClient(clerk)
	return kept{
		table: "risk.risk_points", name: sharded("riskPoints"), damage: "{description}",
		make: func(t *testing.T, _ int) string {
			t.Helper()
			made, err := points.CreateRiskPoint(t.Context(), &riskv1.CreateRiskPointRequest{RiskPoint: &riskv1.RiskPoint{
				Unit: networktest.Township, Category: "duty", SearchMethods: []string{"self"}, Regime: "行政许可制度",
				Description: "对条件不符的申请予以许可", Points: map[string]int32{"frequency": 2, "importance": 2, "harm": 3},
			}})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := points.GetRiskPoint(t.Context(), &riskv1.GetRiskPointRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := points.ListRiskPoints(t.Context(), &riskv1.ListRiskPointsRequest{Unit: networktest.Township})
			require.NoError(t, err)
			return namesOf(listed.GetRiskPoints())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := points.UpdateRiskPoint(t.Context(), &riskv1.UpdateRiskPointRequest{
				RiskPoint:  &riskv1.RiskPoint{Name: name, Description: "对材料不全的申请予以许可"},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}},
			})
			return err
		},
	}
}

func keptPower(clerk grpc.ClientConnInterface) kept {
	powers, positions := riskv1.NewPowerItemServiceClient(clerk), riskv1.NewPositionServiceClient(clerk)
	return kept{
		table: "risk.power_items", name: sharded("powerItems"), damage: "{title}",
		make: func(t *testing.T, n int) string {
			t.Helper()
			post, err := positions.CreatePosition(t.Context(), &riskv1.CreatePositionRequest{Position: &riskv1.Position{
				Unit: networktest.Township, Title: "窗口岗" + strconv.Itoa(n), Rank: "staff",
			}})
			require.NoError(t, err)
			made, err := powers.CreatePowerItem(t.Context(), &riskv1.CreatePowerItemRequest{PowerItem: &riskv1.PowerItem{
				Unit: networktest.Township, Kind: "power", Title: "占道许可" + strconv.Itoa(n), LegalBasis: "《城市道路管理条例》",
				Positions: []string{post.GetName()}, Steps: []*riskv1.Step{
					{Id: "accept", Title: "受理", Position: post.GetName(), Edges: []*riskv1.Edge{{Step: "issue"}}},
					{Id: "issue", Title: "发证", Actor: "申请人"},
				},
			}})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := powers.GetPowerItem(t.Context(), &riskv1.GetPowerItemRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := powers.ListPowerItems(t.Context(), &riskv1.ListPowerItemsRequest{Unit: networktest.Township})
			require.NoError(t, err)
			return namesOf(listed.GetPowerItems())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := powers.UpdatePowerItem(t.Context(), &riskv1.UpdatePowerItemRequest{
				PowerItem:  &riskv1.PowerItem{Name: name, Title: "占道经营许可"},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
			})
			return err
		},
	}
}

func keptRound(reviewer grpc.ClientConnInterface) kept {
	rounds := assessmentv1.NewRoundServiceClient(reviewer)
	return kept{
		table: "assessment.rounds", name: sharded("rounds"), damage: "{title}",
		make: func(t *testing.T, n int) string {
			t.Helper()
			made, err := rounds.CreateRound(t.Context(), &assessmentv1.CreateRoundRequest{
				Unit: suitetest.City, Title: "考核", Period: "2026-" + []string{"08", "09", "10"}[n],
				UnitLevels: []typev1.Level{typev1.Level_LEVEL_COUNTY},
			})
			return name(t, made, err)
		},
		get: func(t *testing.T, name string) error {
			t.Helper()
			_, err := rounds.GetRound(t.Context(), &assessmentv1.GetRoundRequest{Name: name})
			return err
		},
		list: func(t *testing.T) []string {
			t.Helper()
			listed, err := rounds.ListRounds(t.Context(), &assessmentv1.ListRoundsRequest{Unit: suitetest.City})
			require.NoError(t, err)
			return namesOf(listed.GetRounds())
		},
		change: func(t *testing.T, name string) error {
			t.Helper()
			_, err := rounds.ScoreRound(t.Context(), &assessmentv1.ScoreRoundRequest{Name: name})
			return err
		},
	}
}

// TestDamagedRowsOfEveryServiceAreReportedAndUnknownFieldsKept damages one record of each kind, and writes into another what a
// newer version would.
//
//nolint:paralleltest,tparallel // the kinds share one suite, and how many damaged rows were met is counted for the process
func TestDamagedRowsOfEveryServiceAreReportedAndUnknownFieldsKept(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := networktest.Database(t, s)
	for kind, of := range keptRecords(s) {
		t.Run(kind, func(t *testing.T) {
			newer, damaged, whole := of.make(t, 0), of.make(t, 1), of.make(t, 2)
			require.Subset(t, of.list(t), []string{newer, damaged, whole})

			exec(t, conn, "UPDATE "+of.table+` SET body = body || '{"newField": {"a": [1]}}' WHERE `+of.name+" = $1", newer)
			require.NoError(t, of.get(t, newer), "what this version does not know is no damage")
			require.NoError(t, of.change(t, newer))
			assert.Equal(t, []string{`{"a": [1]}`}, networktest.QueryTexts(t, conn,
				"SELECT body ->> 'newField' FROM "+of.table+" WHERE "+of.name+" = $1", newer), "a change keeps it")

			exec(t, conn, "UPDATE "+of.table+" SET body = jsonb_set(body, $2::text[], '17') WHERE "+of.name+" = $1", damaged, of.damage)
			met := testutil.ToFloat64(document.DamagedRows)
			listed := of.list(t)
			assert.Subset(t, listed, []string{newer, whole})
			assert.NotContains(t, listed, damaged)
			assert.Greater(t, testutil.ToFloat64(document.DamagedRows), met, "and reports it")
			for call, err := range map[string]error{"get": of.get(t, damaged), "change": of.change(t, damaged)} {
				suitetest.RequireRefused(t, err, codes.DataLoss, "DATA_DAMAGED")
				require.ErrorContains(t, err, damaged, call)
			}
			require.NoError(t, of.get(t, whole))
		})
	}
}

func exec(t *testing.T, conn *pgx.Conn, statement string, args ...any) {
	t.Helper()
	done, err := conn.Exec(t.Context(), statement, args...)
	require.NoError(t, err)
	require.EqualValues(t, 1, done.RowsAffected())
}

// TestDamagedMessageEndsNoInbox: messages have no body; what they say is a sentence and what goes into it.
func TestDamagedMessageEndsNoInbox(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	warnings := keptWarning(s.As("clerk", networktest.Township), s.As("handler", suitetest.City))
	names := []string{warnings.make(t, 0), warnings.make(t, 1), warnings.make(t, 2)}
	inbox := networkv1.NewInboxServiceClient(s.As("clerk", networktest.Township))
	list := func() map[string]*networkv1.Message {
		listed, err := inbox.ListMessages(t.Context(), &networkv1.ListMessagesRequest{Unit: networktest.Township, PageSize: 1000})
		require.NoError(t, err)
		about := map[string]*networkv1.Message{}
		for _, m := range listed.GetMessages() {
			about[m.GetResource()] = m
		}
		return about
	}
	require.Eventually(t, func() bool {
		about := list()
		return about[names[0]] != nil && about[names[1]] != nil && about[names[2]] != nil
	}, time.Minute, 50*time.Millisecond)
	conn := networktest.Database(t, s)
	exec(t, conn, "UPDATE network.messages SET kind = 'inbox.of_a_newer_version' WHERE unit_id = '340503001' AND resource = $1", names[0])
	exec(t, conn, "UPDATE network.messages SET args = args[1:1] WHERE unit_id = '340503001' AND resource = $1", names[1])
	_, err := conn.Exec(t.Context(), "UPDATE network.messages SET args = args || ARRAY[NULL]")
	require.ErrorContains(t, err, "messages_args_check", "what would end a list is not stored")
	about := list()
	assert.Equal(t, "inbox.of_a_newer_version", about[names[0]].GetTitle(), "is named")
	assert.NotEmpty(t, about[names[1]].GetTitle(), "says what it can")
	assert.Contains(t, about[names[2]].GetTitle(), "集体资金2")
}

// TestX1_DamagedAnswerOfATipSaysSo: nobody can tell whether the tip was taken, and it is not taken again.
func TestX1_DamagedAnswerOfATipSaysSo(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	tips := networkv1.NewTipServiceClient(s.As("informant", networktest.OtherTownship))
	req := &networkv1.SubmitTipRequest{
		Content: networktest.ValidTip(), Recipient: networktest.Township, RequestId: "0193a3c2-5b00-7000-8000-000000000009",
	}
	_, err := tips.SubmitTip(t.Context(), req)
	require.NoError(t, err)
	_, err = networktest.Database(t, s).Exec(t.Context(), `UPDATE network.stored_responses
		SET sealed = set_byte(sealed, length(sealed) - 1, 255 - get_byte(sealed, length(sealed) - 1))`)
	require.NoError(t, err)
	_, err = tips.SubmitTip(t.Context(), req)
	suitetest.RequireRefused(t, err, codes.DataLoss, "RESPONSE_DAMAGED")
	suitetest.RequireNamed(t, err, map[string]string{"request_id": "RESPONSE_DAMAGED"})
	networktest.OnlyTip(t, s, networktest.Township)
}
