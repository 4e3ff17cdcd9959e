package gateway

import (
	"context"
	"errors"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	assessmentgw "github.com/qingfeng-suite/qingfeng/gateway/gen/qingfeng/assessment/v1"
	networkgw "github.com/qingfeng-suite/qingfeng/gateway/gen/qingfeng/network/v1"
	riskgw "github.com/qingfeng-suite/qingfeng/gateway/gen/qingfeng/risk/v1"
	warninggw "github.com/qingfeng-suite/qingfeng/gateway/gen/qingfeng/warning/v1"
	assessmentv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/assessment/v1"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
)

// registrar adds handlers to a mux that call over conn.
type registrar func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error

// register adds the generated handlers, a line a service. Where one is forgotten, the façade does not start.
func register(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
	return errors.Join(
		assessmentgw.RegisterJournalServiceHandlerClient(ctx, mux, assessmentv1.NewJournalServiceClient(conn)),
		assessmentgw.RegisterRoundServiceHandlerClient(ctx, mux, assessmentv1.NewRoundServiceClient(conn)),
		assessmentgw.RegisterSchemeServiceHandlerClient(ctx, mux, assessmentv1.NewSchemeServiceClient(conn)),
		networkgw.RegisterAttachmentServiceHandlerClient(ctx, mux, networkv1.NewAttachmentServiceClient(conn)),
		networkgw.RegisterCalendarServiceHandlerClient(ctx, mux, networkv1.NewCalendarServiceClient(conn)),
		networkgw.RegisterContactPointServiceHandlerClient(ctx, mux, networkv1.NewContactPointServiceClient(conn)),
		networkgw.RegisterFigureServiceHandlerClient(ctx, mux, networkv1.NewFigureServiceClient(conn)),
		networkgw.RegisterHandbookServiceHandlerClient(ctx, mux, networkv1.NewHandbookServiceClient(conn)),
		networkgw.RegisterIdentityServiceHandlerClient(ctx, mux, networkv1.NewIdentityServiceClient(conn)),
		networkgw.RegisterInquiryServiceHandlerClient(ctx, mux, networkv1.NewInquiryServiceClient(conn)),
		networkgw.RegisterInboxServiceHandlerClient(ctx, mux, networkv1.NewInboxServiceClient(conn)),
		networkgw.RegisterJournalServiceHandlerClient(ctx, mux, networkv1.NewJournalServiceClient(conn)),
		networkgw.RegisterOfficerServiceHandlerClient(ctx, mux, networkv1.NewOfficerServiceClient(conn)),
		networkgw.RegisterOfficerContactServiceHandlerClient(ctx, mux, networkv1.NewOfficerContactServiceClient(conn)),
		networkgw.RegisterOfficerPointsServiceHandlerClient(ctx, mux, networkv1.NewOfficerPointsServiceClient(conn)),
		networkgw.RegisterReportServiceHandlerClient(ctx, mux, networkv1.NewReportServiceClient(conn)),
		networkgw.RegisterReportExceptionServiceHandlerClient(ctx, mux, networkv1.NewReportExceptionServiceClient(conn)),
		networkgw.RegisterRollUpServiceHandlerClient(ctx, mux, networkv1.NewRollUpServiceClient(conn)),
		networkgw.RegisterSchemeServiceHandlerClient(ctx, mux, networkv1.NewSchemeServiceClient(conn)),
		networkgw.RegisterTipServiceHandlerClient(ctx, mux, networkv1.NewTipServiceClient(conn)),
		networkgw.RegisterTrainingServiceHandlerClient(ctx, mux, networkv1.NewTrainingServiceClient(conn)),
		networkgw.RegisterTreeServiceHandlerClient(ctx, mux, networkv1.NewTreeServiceClient(conn)),
		networkgw.RegisterUnitServiceHandlerClient(ctx, mux, networkv1.NewUnitServiceClient(conn)),
		riskgw.RegisterAttachmentServiceHandlerClient(ctx, mux, riskv1.NewAttachmentServiceClient(conn)),
		riskgw.RegisterCommonProblemServiceHandlerClient(ctx, mux, riskv1.NewCommonProblemServiceClient(conn)),
		riskgw.RegisterCommitmentServiceHandlerClient(ctx, mux, riskv1.NewCommitmentServiceClient(conn)),
		riskgw.RegisterCommentServiceHandlerClient(ctx, mux, riskv1.NewCommentServiceClient(conn)),
		riskgw.RegisterControlServiceHandlerClient(ctx, mux, riskv1.NewControlServiceClient(conn)),
		riskgw.RegisterDeficiencyServiceHandlerClient(ctx, mux, riskv1.NewDeficiencyServiceClient(conn)),
		riskgw.RegisterCheckServiceHandlerClient(ctx, mux, riskv1.NewCheckServiceClient(conn)),
		riskgw.RegisterFigureServiceHandlerClient(ctx, mux, riskv1.NewFigureServiceClient(conn)),
		riskgw.RegisterJournalServiceHandlerClient(ctx, mux, riskv1.NewJournalServiceClient(conn)),
		riskgw.RegisterOpennessServiceHandlerClient(ctx, mux, riskv1.NewOpennessServiceClient(conn)),
		riskgw.RegisterPositionServiceHandlerClient(ctx, mux, riskv1.NewPositionServiceClient(conn)),
		riskgw.RegisterPowerItemServiceHandlerClient(ctx, mux, riskv1.NewPowerItemServiceClient(conn)),
		riskgw.RegisterRedoServiceHandlerClient(ctx, mux, riskv1.NewRedoServiceClient(conn)),
		riskgw.RegisterPublicationServiceHandlerClient(ctx, mux, riskv1.NewPublicationServiceClient(conn)),
		riskgw.RegisterRiskCardServiceHandlerClient(ctx, mux, riskv1.NewRiskCardServiceClient(conn)),
		riskgw.RegisterRiskPointServiceHandlerClient(ctx, mux, riskv1.NewRiskPointServiceClient(conn)),
		riskgw.RegisterRotationServiceHandlerClient(ctx, mux, riskv1.NewRotationServiceClient(conn)),
		riskgw.RegisterCampaignServiceHandlerClient(ctx, mux, riskv1.NewCampaignServiceClient(conn)),
		riskgw.RegisterDecisionServiceHandlerClient(ctx, mux, riskv1.NewDecisionServiceClient(conn)),
		riskgw.RegisterAppointmentServiceHandlerClient(ctx, mux, riskv1.NewAppointmentServiceClient(conn)),
		riskgw.RegisterPollServiceHandlerClient(ctx, mux, riskv1.NewPollServiceClient(conn)),
		riskgw.RegisterSchemeServiceHandlerClient(ctx, mux, riskv1.NewSchemeServiceClient(conn)),
		warninggw.RegisterAnalysisServiceHandlerClient(ctx, mux, warningv1.NewAnalysisServiceClient(conn)),
		warninggw.RegisterFindingServiceHandlerClient(ctx, mux, warningv1.NewFindingServiceClient(conn)),
		warninggw.RegisterAttachmentServiceHandlerClient(ctx, mux, warningv1.NewAttachmentServiceClient(conn)),
		warninggw.RegisterBulletinServiceHandlerClient(ctx, mux, warningv1.NewBulletinServiceClient(conn)),
		warninggw.RegisterReferralServiceHandlerClient(ctx, mux, warningv1.NewReferralServiceClient(conn)),
		warninggw.RegisterCaseLeadServiceHandlerClient(ctx, mux, warningv1.NewCaseLeadServiceClient(conn)),
		warninggw.RegisterStudyServiceHandlerClient(ctx, mux, warningv1.NewStudyServiceClient(conn)),
		warninggw.RegisterFigureServiceHandlerClient(ctx, mux, warningv1.NewFigureServiceClient(conn)),
		warninggw.RegisterJournalServiceHandlerClient(ctx, mux, warningv1.NewJournalServiceClient(conn)),
		warninggw.RegisterSchemeServiceHandlerClient(ctx, mux, warningv1.NewSchemeServiceClient(conn)),
		warninggw.RegisterWarningServiceHandlerClient(ctx, mux, warningv1.NewWarningServiceClient(conn)),
	)
}
