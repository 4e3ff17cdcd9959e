package delivery_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/network/networktest"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

func create(point *networkv1.ContactPoint) *networkv1.CreateContactPointRequest {
	return &networkv1.CreateContactPointRequest{ContactPoint: point}
}

func TestH6_UnitManagesItsContactPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := create(webhook(w.hook.URL))
	req.RequestId = uuid.NewString()
	made, err := w.points.CreateContactPoint(t.Context(), req)
	require.NoError(t, err)
	assert.Regexp(t, `^whsec_[A-Za-z0-9+/]{43}=$`, made.GetSecret())
	again, err := w.points.CreateContactPoint(t.Context(), req)
	require.NoError(t, err)
	assert.Equal(t, made.GetSecret(), again.GetSecret())
	name := made.GetContactPoint().GetName()
	read, err := w.points.GetContactPoint(t.Context(), &networkv1.GetContactPointRequest{Name: name})
	require.NoError(t, err)
	assert.Equal(t, made.GetContactPoint().String(), read.String())

	change := webhook(w.hook.URL+"/new", "inbox.report_late")
	change.Name, change.Etag = name, read.GetEtag()
	changed, err := w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{ContactPoint: change})
	require.NoError(t, err)
	assert.Equal(t, w.hook.URL+"/new", changed.GetWebhook())
	_, err = w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{ContactPoint: change})
	networktest.Refused(t, err, codes.Aborted)
	other := email("a@example.org")
	other.Name = name
	_, err = w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{ContactPoint: other})
	networktest.Refused(t, err, codes.FailedPrecondition, "contact_point")
	moved := webhook(w.hook.URL)
	moved.Name, moved.Unit = name, networktest.Township
	_, err = w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{ContactPoint: moved})
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.unit")

	quiet := &networkv1.UpdateContactPointRequest{
		ContactPoint: &networkv1.ContactPoint{Name: name, Title: "x", Paused: true},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"paused", "kinds"}},
	}
	answered, err := w.points.UpdateContactPoint(t.Context(), quiet)
	require.NoError(t, err)
	assert.Equal(t, changed.GetTitle()+w.hook.URL+"/new", answered.GetTitle()+answered.GetWebhook(),
		"what the mask doesn't name stays")
	assert.True(t, answered.GetPaused())
	assert.Empty(t, answered.GetKinds())
	quiet.UpdateMask.Paths = []string{"email", "title", "unit", "colour"}
	_, err = w.points.UpdateContactPoint(t.Context(), quiet)
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.address", "contact_point.unit")
	quiet.UpdateMask.Paths = []string{"unit", "colour", "etag"}
	_, err = w.points.UpdateContactPoint(t.Context(), quiet)
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.unit")
	quiet.ContactPoint.Unit = town
	_, err = w.points.UpdateContactPoint(t.Context(), quiet)
	networktest.Refused(t, err, codes.InvalidArgument, "update_mask", "update_mask", "update_mask")
	quiet.UpdateMask.Paths = []string{"title", "unit", "colour", "title"}
	_, err = w.points.UpdateContactPoint(t.Context(), quiet)
	said := map[string]string{}
	for _, v := range suitetest.FieldViolations(t, err) {
		said[v.GetReason()] = v.GetDescription()
	}
	assert.Len(t, said, 3, "each path says why")
	assert.Equal(t, "“title”重复。", said["DUPLICATE"])
	assert.True(t, strings.HasPrefix(said["UNKNOWN_FIELD"], "没有“colour”这个字段；可修改的字段：title"), said)
	assert.True(t, strings.HasPrefix(said["FIXED_FIELD"], "“unit”不能修改；可修改的字段：title"), said)
	change.Etag = ""
	_, err = w.points.UpdateContactPoint(t.Context(), &networkv1.UpdateContactPointRequest{ContactPoint: change})
	require.NoError(t, err)

	w.send()
	_, err = w.points.DeleteContactPoint(t.Context(), &networkv1.DeleteContactPointRequest{Name: name, Etag: "1"})
	networktest.Refused(t, err, codes.Aborted)
	w.add(email("a@example.org"))
	w.send()
	require.Len(t, w.deliveries(), 1, "the webhook wants late reports only")
	_, err = w.points.DeleteContactPoint(t.Context(), &networkv1.DeleteContactPointRequest{Name: name})
	require.NoError(t, err)
	_, err = w.points.GetContactPoint(t.Context(), &networkv1.GetContactPointRequest{Name: name})
	networktest.Refused(t, err, codes.NotFound)
	left, err := w.points.ListContactPoints(t.Context(), &networkv1.ListContactPointsRequest{Unit: town})
	require.NoError(t, err)
	require.Len(t, left.GetContactPoints(), 1)
	overHTTP, err := http.NewRequestWithContext(t.Context(), http.MethodDelete,
		w.URL+"/network/v1/"+left.GetContactPoints()[0].GetName(), nil)
	require.NoError(t, err)
	overHTTP.Header.Set("Authorization", "Bearer "+w.Token(access.Principal{
		Subject: "accounts/clerk", Unit: town, Roles: []string{"clerk"},
	}))
	answer, err := http.DefaultClient.Do(overHTTP)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Empty(t, w.deliveries(), "an address is forgotten with all that was sent to it")
}

func TestH6_FaultyContactPointsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.points.CreateContactPoint(t.Context(),
		create(webhook("https://192.168.1.1/in", "inbox.gossip", "inbox.report_late", "inbox.report_late")))
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.kinds[0]", "contact_point.kinds[2]",
		"contact_point.webhook")
	for _, address := range []string{"duty", "a@b.c\r\nBcc: d@e.f", "a@b.c, d@e.f", "<a@b.c>", "值班 <a@b.c>", ".a@example.org", "a..b@example.org"} {
		_, err = w.points.CreateContactPoint(t.Context(), create(email(address)))
		networktest.Refused(t, err, codes.InvalidArgument, "contact_point.email")
	}
	_, err = w.points.CreateContactPoint(t.Context(), create(webhook("https://example.org:99999/in")))
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.webhook")
	_, err = w.points.CreateContactPoint(t.Context(), create(&networkv1.ContactPoint{Unit: town, Title: "x"}))
	networktest.Refused(t, err, codes.InvalidArgument, "contact_point.address")

	made := make(chan error, 25)
	var all sync.WaitGroup
	for i := range 25 {
		all.Go(func() {
			_, err := w.points.CreateContactPoint(t.Context(), create(email(fmt.Sprintf("a%d@example.org", i))))
			made <- err
		})
	}
	all.Wait()
	close(made)
	count := map[string]int{}
	for err := range made {
		if err == nil || status.Code(err) == codes.FailedPrecondition {
			count[suitetest.Reason(err)]++
		}
	}
	assert.Equal(t, map[string]int{"": 20, "TOO_MANY_CONTACT_POINTS": 5}, count)
	page, err := w.points.ListContactPoints(t.Context(), &networkv1.ListContactPointsRequest{Unit: town, PageSize: 15})
	require.NoError(t, err)
	rest, err := w.points.ListContactPoints(t.Context(), &networkv1.ListContactPointsRequest{
		Unit: town, PageSize: 15, PageToken: page.GetNextPageToken(),
	})
	require.NoError(t, err)
	assert.Len(t, rest.GetContactPoints(), 5)

	none := suitetest.New(t)
	_, err = networkv1.NewContactPointServiceClient(none.As("clerk", town)).CreateContactPoint(t.Context(),
		create(email("a@example.org")))
	networktest.Refused(t, err, codes.FailedPrecondition, "contact_point.email")
	assert.Equal(t, "NO_MAIL_SERVER", suitetest.Reason(err))
}

func TestH6_OnlyTheUnitItselfReadsItsContactPoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	point := w.add(webhook(w.hook.URL)).GetContactPoint()
	calls := func(client networkv1.ContactPointServiceClient) []error {
		ctx, again := t.Context(), webhook(w.hook.URL)
		again.Name = point.GetName()
		_, created := client.CreateContactPoint(ctx, create(webhook(w.hook.URL)))
		_, got := client.GetContactPoint(ctx, &networkv1.GetContactPointRequest{Name: point.GetName()})
		_, listed := client.ListContactPoints(ctx, &networkv1.ListContactPointsRequest{Unit: town})
		_, changed := client.UpdateContactPoint(ctx, &networkv1.UpdateContactPointRequest{ContactPoint: again})
		_, deliveries := client.ListDeliveries(ctx, &networkv1.ListDeliveriesRequest{Unit: town})
		_, deleted := client.DeleteContactPoint(ctx, &networkv1.DeleteContactPointRequest{Name: point.GetName()})
		return []error{created, got, listed, changed, deliveries, deleted}
	}
	for i, err := range calls(networkv1.NewContactPointServiceClient(w.As("clerk", networktest.Township))) {
		assert.Equal(t, "OWN_UNIT_ONLY", suitetest.Reason(err), i)
	}
	for i, err := range calls(networkv1.NewContactPointServiceClient(w.As("clerk", networktest.OtherTownship))) {
		assert.Equal(t, codes.NotFound, status.Code(err), i)
	}
	for i, err := range calls(networkv1.NewContactPointServiceClient(w.As(access.Administrator, networktest.County))) {
		assert.NoError(t, err, i)
	}
}
