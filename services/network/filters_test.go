package network_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"google.golang.org/grpc/codes"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// A list by a term that no scheme has names what there is, instead of being empty; and a period beyond the calendar is refused.
func TestH2_C8_ListsByUnknownTermsAreRefused(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	conn := s.As("handler", networktest.City)
	tips, city := networkv1.NewTipServiceClient(conn), networktest.City
	for field, req := range map[string]*networkv1.ListTipsRequest{
		"subject_area": {SubjectArea: "gossip"}, "channel": {Channel: "pigeon"}, "source_role": {SourceRole: "spy"},
		"period": {Period: "9999-12"},
	} {
		req.Unit = city
		_, err := tips.ListTips(t.Context(), req)
		networktest.Refused(t, err, codes.InvalidArgument, field)
		if field != "period" {
			assert.Equal(t, "UNKNOWN_TERM", suitetest.FieldViolations(t, err)[0].GetReason())
		}
	}
	_, err := tips.CountTips(t.Context(), &networkv1.CountTipsRequest{Unit: city, Period: "0000"})
	networktest.Refused(t, err, codes.InvalidArgument, "period")
	_, err = networkv1.NewInquiryServiceClient(conn).ListInquiries(t.Context(), &networkv1.ListInquiriesRequest{
		Unit: city, Kind: "seance",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "kind")
	_, err = networkv1.NewUnitServiceClient(conn).ListUnits(t.Context(), &networkv1.ListUnitsRequest{
		Unit: city, Sorts: []string{"affiliated", "club"},
	})
	networktest.Refused(t, err, codes.InvalidArgument, "sorts")
	for field, call := range map[string]func() error{
		"about_unit": func() error {
			_, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: city, AboutUnit: "units/nowhere"})
			return err
		},
		"states[0]": func() error {
			_, err := tips.ListTips(t.Context(), &networkv1.ListTipsRequest{Unit: city, States: []networkv1.TipState{0}})
			return err
		},
		"officer": func() error {
			_, err := networkv1.NewOfficerContactServiceClient(conn).ListOfficerContacts(t.Context(),
				&networkv1.ListOfficerContactsRequest{Unit: city, Officer: "officers/340503-none"})
			return err
		},
	} {
		networktest.Refused(t, call(), codes.InvalidArgument, field)
	}
	_, err = networkv1.NewOfficerPointsServiceClient(conn).ListOfficerPoints(t.Context(), &networkv1.ListOfficerPointsRequest{
		Unit: city, Officer: "officers/340503-none",
	})
	networktest.Refused(t, err, codes.InvalidArgument, "officer")
	_, err = networkv1.NewContactPointServiceClient(conn).ListDeliveries(t.Context(), &networkv1.ListDeliveriesRequest{
		Unit: city, ContactPoint: "contactPoints/340500-none",
	})
	networktest.Refused(t, err, codes.NotFound)
}
