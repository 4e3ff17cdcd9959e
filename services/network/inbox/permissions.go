package inbox

import (
	"context"
	"strings"
	"sync"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	accessv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/access/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// everyone marks messages that every reader of the inbox reads.
const everyone = ""

// permissions are what reading a message takes besides the inbox, by the beginning of its kind: the permission to read what it is
// about. Whoever lacks it does not learn that there is such a message (C8), but for the officer whom a message is about.
var permissions = map[string]string{
	"inbox.analysis_":     "warning.analyses.read",
	"inbox.appointment_":  "risk.read",
	"inbox.campaign_":     "risk.read",
	"inbox.check_":        "risk.read",
	"inbox.commitment_":   "risk.read",
	"inbox.comment_":      "risk.comments.answer",
	"inbox.contact_point": "network.contact_points.manage",
	"inbox.control_":      "risk.read",
	"inbox.deferral_":     "risk.read",
	"inbox.deficiency_":   "risk.read",
	"inbox.decision_":     "risk.read",
	"inbox.entry_":        "risk.read",
	"inbox.filing_":       "risk.read",
	"inbox.finding_":      "warning.analyses.read",
	"inbox.handbook_":     "network.handbooks.read",
	"inbox.inquiry":       "network.inquiries.read",
	"inbox.judging_":      "risk.read",
	"inbox.new_tips":      "network.tips.read",
	"inbox.objection_":    "risk.read",
	"inbox.officer_":      "network.officers.read",
	"inbox.openness_":     "risk.read",
	"inbox.owed_":         "risk.read",
	"inbox.owner_":        "risk.read",
	"inbox.poll_":         "risk.read",
	"inbox.power_":        "risk.read",
	"inbox.problem_":      "risk.read",
	"inbox.redo_":         "risk.read",
	"inbox.publication_":  "risk.read",
	"inbox.report":        "network.reports.read",
	"inbox.risk_point_":   "risk.read",
	"inbox.position_":     "risk.read",
	"inbox.rotation_":     "risk.read",
	"inbox.round_":        "assessment.scores.read",
	"inbox.sent_tip_":     "network.tips.submit",
	"inbox.tip_":          "network.tips.read",
	"inbox.tips_":         "network.tips.read",
	"inbox.training_":     "network.trainings.attend",
	"inbox.tree_change_":  everyone,
	"inbox.unit":          everyone,
	"inbox.urgent_tip":    "network.tips.read",
	"inbox.warning_":      "warning.read",
	"inbox.bulletin_":     "warning.read",
	"inbox.referral_":     "warning.read",
	"inbox.case_lead_":    "warning.case_leads.handle",
	"inbox.study_":        "warning.read",
	"inbox.expert_":       "warning.studies.advise",
}

// kindsUnder are the kinds of messages whose reading takes a permission, by it.
var kindsUnder = func() map[string][]string {
	under := map[string][]string{}
	for _, kind := range words.Keys("inbox.") {
		for prefix, permission := range permissions {
			if permission != everyone && strings.HasPrefix(kind, prefix) {
				under[permission] = append(under[permission], kind)
			}
		}
	}
	return under
}()

// readings are the permissions under which something can be got by the name of a record, by the collection in its name.
var readings = sync.OnceValue(func() map[string][]string {
	found := map[string][]string{}
	for _, method := range accessv1.Methods() {
		rule, err := accessv1.Of(method)
		if err != nil || !strings.HasPrefix(string(method.Name()), "Get") {
			continue
		}
		for i := range method.Input().Fields().Len() {
			rules, _ := proto.GetExtension(method.Input().Fields().Get(i).Options(), validate.E_Field).(*validate.FieldRules)
			if collection, _ := proto.GetExtension(rules.GetString(), typev1.E_Resource).(string); collection != "" {
				found[collection] = append(found[collection], rule.GetPermission())
			}
		}
	}
	return found
})

// mayGet tells of records, by their names, whether the caller holds a permission to get one, or something by it: a message leads
// to none that its reader may not read. Of each collection it asks once. Tips pass from unit to unit, units of reports move, and
// a report is announced before there is one: of them it tells only of those that are reached.
func (s *Server) mayGet(ctx context.Context, reached map[string]bool) func(name string) (bool, error) {
	asked := map[string]bool{}
	return func(name string) (bool, error) {
		collection, _, _ := strings.Cut(name, "/")
		if (collection == resource.Tips || collection == resource.Reports) && !reached[name] {
			return false, nil
		}
		if may, known := asked[collection]; known {
			return may, nil
		}
		asked[collection] = false
		for _, permission := range readings()[collection] {
			held, err := access.Holds(ctx, s.directory, permission)
			if held || err != nil {
				asked[collection] = held
				return held, err
			}
		}
		return false, nil
	}
}

// reached are the tips and reports that messages name and the caller reaches, by their names.
func (s *Server) reached(ctx context.Context, rows []db.ListMessagesRow) (map[string]bool, error) {
	reached := map[string]bool{}
	for collection, pathsOf := range map[string]func(context.Context, []string) (map[string]string, error){
		resource.Tips: s.tipPaths, resource.Reports: s.reportPaths,
	} {
		var names []string
		for _, r := range rows {
			if strings.HasPrefix(r.Resource, collection+"/") {
				names = append(names, r.Resource)
			}
		}
		if len(names) == 0 {
			continue
		}
		paths, err := pathsOf(ctx, names)
		if err != nil {
			return nil, err
		}
		for name, path := range paths {
			reached[name] = access.Reaches(ctx, path)
		}
	}
	return reached, nil
}

// tipPaths are the paths where tips are handled that are not concealed from the caller, by their names.
func (s *Server) tipPaths(ctx context.Context, names []string) (map[string]string, error) {
	p := db.TipsNotConcealedParams{UnitID: resource.ID(access.PrincipalOf(ctx).Unit), Day: clock.Today(s.store.Clock)}
	for _, name := range names {
		region, key, err := resource.Split(name)
		if err != nil {
			return nil, err
		}
		p.Regions, p.TipKeys = append(p.Regions, region), append(p.TipKeys, key)
	}
	found, err := db.New(s.store).TipsNotConcealed(ctx, p)
	paths := make(map[string]string, len(found))
	for _, tip := range found {
		paths[resource.Sharded(resource.Tips, tip.Region, tip.TipKey)] = tip.HandlingPath
	}
	return paths, err
}

// reportPaths are the paths of the units of reports that have been opened, by their names.
func (s *Server) reportPaths(ctx context.Context, names []string) (map[string]string, error) {
	var p db.ReportPathsParams
	for _, name := range names {
		if parts := strings.Split(resource.ID(name), "."); len(parts) == 3 {
			p.UnitIds, p.ScheduleIds = append(p.UnitIds, parts[0]), append(p.ScheduleIds, parts[1])
			p.Periods = append(p.Periods, parts[2])
		}
	}
	found, err := db.New(s.store).ReportPaths(ctx, p)
	paths := make(map[string]string, len(found))
	for _, r := range found {
		paths[resource.Name(resource.Reports, r.UnitID+"."+r.ScheduleID+"."+r.Period)] = r.UnitPath
	}
	return paths, err
}

// hiddenKinds are the kinds of messages that the caller does not read.
func (s *Server) hiddenKinds(ctx context.Context) ([]string, error) {
	hidden := []string{}
	for permission, kinds := range kindsUnder {
		held, err := access.Holds(ctx, s.directory, permission)
		if err != nil {
			return nil, err
		}
		if !held {
			hidden = append(hidden, kinds...)
		}
	}
	return hidden, nil
}
