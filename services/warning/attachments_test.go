package warning_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

const proof = "已公开全部收支。\n"

// files is AttachmentService in the hands of one caller.
type files struct {
	warningv1.AttachmentServiceClient
}

func filesOf(conn grpc.ClientConnInterface) files {
	return files{warningv1.NewAttachmentServiceClient(conn)}
}

func (f files) begin(t *testing.T, owner string) (*typev1.CreateAttachmentResponse, error) {
	t.Helper()
	answer, err := f.CreateAttachment(t.Context(), &typev1.CreateAttachmentRequest{
		Owner: owner, File: &typev1.AttachmentFile{FileName: "公示.txt", MediaType: "text/plain", Size: int64(len(proof))},
	})
	return answer, err
}

func (f files) complete(t *testing.T, begun *typev1.CreateAttachmentResponse) (*typev1.Attachment, error) {
	t.Helper()
	if _, err := f.UploadPart(t.Context(), &typev1.UploadPartRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(), Data: []byte(proof),
	}); err != nil {
		return nil, err
	}
	done, err := f.CompleteAttachment(t.Context(), &typev1.CompleteAttachmentRequest{
		Name: begun.GetName(), UploadToken: begun.GetUploadToken(),
	})
	return done, err
}

func (f files) attach(t *testing.T, owner string) string {
	t.Helper()
	begun, err := f.begin(t, owner)
	require.NoError(t, err)
	done, err := f.complete(t, begun)
	require.NoError(t, err)
	return done.GetName()
}

func TestT7_EvidenceOfARectificationIsAFile(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	clerk, uploads := as(s, "clerk", township), filesOf(s.As("clerk", township))
	waiting := both(s, "accounts/one").issue(t, notice("orange")) // its form asks for evidence
	_, err := both(s, "accounts/two").warnings.ApproveWarning(t.Context(), &warningv1.ApproveWarningRequest{
		Name: waiting.GetName(), Etag: waiting.GetEtag(),
	})
	require.NoError(t, err)
	name := waiting.GetName()
	clerk.acknowledge(t, name)

	handIn := func(attachments ...string) error {
		req := rectification(name)
		req.Rectification.Attachments = attachments
		_, err := clerk.warnings.SubmitRectification(t.Context(), req)
		return err
	}
	suitetest.RequireRefused(t, handIn(), codes.FailedPrecondition, "EVIDENCE_MISSING")
	begun, err := uploads.begin(t, name)
	require.NoError(t, err)
	missing := map[string]string{"rectification.attachments[0]": "UNKNOWN_ATTACHMENT"}
	suitetest.RequireFieldFaults(t, handIn(begun.GetName()), missing) // nothing has come of it yet
	elsewhere := uploads.attach(t, both(s, "accounts/one").issue(t, notice("blue")).GetName())
	suitetest.RequireFieldFaults(t, handIn(elsewhere), missing)
	_, err = uploads.complete(t, begun)
	require.NoError(t, err)
	require.NoError(t, handIn(begun.GetName()))

	w := as(s, "reviewer", county).get(t, name)
	require.Equal(t, []string{begun.GetName()}, stepOf(w, "rectify").GetRecords()[0].GetRectification().GetAttachments())
	read, err := filesOf(s.As("reviewer", county)).ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{
		Name: begun.GetName(),
	})
	require.NoError(t, err)
	assert.Equal(t, proof, string(read.GetData()))
	assert.Equal(t, name, read.GetAttachment().GetOwner())
	assert.Equal(t, township, read.GetAttachment().GetUnit())
}

func TestT7_AttachmentNeedsReachOfTheWarning(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city := as(s, "handler", suitetest.City)
	req := notice("blue")
	req.SupervisingUnit = stranger // another district: no ancestor of the township
	name := city.issue(t, req).GetName()
	clerk := filesOf(s.As("clerk", township))
	begun, err := clerk.begin(t, name)
	require.NoError(t, err)

	outside := filesOf(s.As("clerk", other))
	_, err = outside.begin(t, name)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = outside.complete(t, begun) // the token alone opens nothing
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = filesOf(s.Unauthenticated()).complete(t, begun)
	assert.Equal(t, codes.Unauthenticated, status.Code(err))
	_, err = filesOf(s.As("informant", township)).begin(t, name)
	suitetest.RequireRefused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	wrong := &typev1.CreateAttachmentResponse{Name: begun.GetName(), UploadToken: "WRONG"}
	_, err = clerk.complete(t, wrong)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	for _, owner := range []string{"tips/" + name[len("warnings/"):], "warnings/340503-0", "warnings", "x"} {
		_, err = clerk.begin(t, owner)
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	done, err := clerk.complete(t, begun)
	require.NoError(t, err)

	for _, f := range []files{outside, filesOf(s.As("clerk", village))} {
		_, err = f.ReadAttachment(t.Context(), &typev1.ReadAttachmentRequest{Name: done.GetName()})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
		_, err = f.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: name})
		suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	}
	filesOf(s.As("reviewer", stranger)).attach(t, name) // the supervising unit reads the warning, and so adds to it
	listed, err := clerk.ListAttachments(t.Context(), &typev1.ListAttachmentsRequest{Owner: name})
	require.NoError(t, err)
	require.Len(t, listed.GetAttachments(), 2)
	assert.Equal(t, stranger, listed.GetAttachments()[1].GetUnit())

	waiting := both(s, "accounts/one").issue(t, notice("orange")).GetName()
	_, err = clerk.begin(t, waiting)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND") // what never went out is not there for its addressee
}

func TestT7_X3_AttachingStandsInTheJournal(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	city, clerk := as(s, "handler", suitetest.City), filesOf(s.As("clerk", township))
	name := city.issue(t, notice("blue")).GetName()
	done := clerk.attach(t, name)
	late, err := clerk.begin(t, name)
	require.NoError(t, err)
	entries := func(attachment string) []string {
		list, err := warningv1.NewJournalServiceClient(s.As("reviewer", suitetest.City)).ListJournal(t.Context(),
			&typev1.ListJournalRequest{Unit: suitetest.City, Resource: attachment})
		require.NoError(t, err)
		var told []string
		for _, e := range list.GetEntries() {
			told = append(told, e.GetEvent()+" "+e.GetActorUnit())
		}
		return told
	}
	assert.Equal(t, []string{
		"warning.AttachmentService.CompleteAttachment " + township, "warning.AttachmentService.CreateAttachment " + township,
	}, entries(done), "staff are named, unlike the sender of a tip")

	as(s, "reviewer", suitetest.City).withdraw(t, name)
	_, err = clerk.complete(t, late)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	_, err = clerk.begin(t, name)
	suitetest.RequireRefused(t, err, codes.FailedPrecondition, "WRONG_STATE")
	abandoned, err := clerk.begin(t, city.issue(t, notice("blue")).GetName())
	require.NoError(t, err)
	_, err = clerk.AbortUpload(t.Context(), &typev1.AbortUploadRequest{
		Name: abandoned.GetName(), UploadToken: abandoned.GetUploadToken(),
	})
	require.NoError(t, err)
	s.Clock.Advance(48 * time.Hour)
	s.RunJob("warning.remove_uploads")
	assert.Equal(t, "warning.remove_uploads ", entries(late.GetName())[0])
}

func TestT7_FormThatAsksForEvidenceNeedsAttachmentRules(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	admin := as(s, "administrator", suitetest.City).schemes
	scheme, err := admin.GetEffectiveScheme(t.Context(), &warningv1.GetEffectiveSchemeRequest{Unit: suitetest.City})
	require.NoError(t, err)
	spoilt := proto.CloneOf(scheme)
	spoilt.EffectiveFrom, spoilt.AttachmentRules = "2026-12-01", nil
	_, err = admin.CreateScheme(t.Context(), &warningv1.CreateSchemeRequest{Scheme: spoilt})
	suitetest.RequireFieldFaults(t, err, map[string]string{
		"scheme.warning_levels[2].forms[0].steps[2].evidence_required": "EVIDENCE_RULES",
		"scheme.warning_levels[2].forms[1].steps[2].evidence_required": "EVIDENCE_RULES",
	})
}
