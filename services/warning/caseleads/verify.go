package caseleads

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"google.golang.org/protobuf/proto"

	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
)

// VerifyCaseLead counts the chain of custody of a lead anew.
func (s *Server) VerifyCaseLead(
	ctx context.Context, req *warningv1.VerifyCaseLeadRequest,
) (*warningv1.VerifyCaseLeadResponse, error) {
	c, err := s.leads.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	if !isParty(ctx, c) {
		return nil, fault.NotFound(req.GetName())
	}
	chain := c.Record.GetCustody()
	faults, err := broken(chain)
	if err != nil {
		return nil, err
	}
	for _, check := range []func(context.Context, *change) ([]*warningv1.CustodyFault, error){
		wrongHolder, s.wrongContent, s.wrongFiles,
	} {
		found, err := check(ctx, c)
		if err != nil {
			return nil, err
		}
		faults = append(faults, found...)
	}
	answer := &warningv1.VerifyCaseLeadResponse{Faults: faults, EntryCount: int32(len(chain))}
	for _, e := range chain {
		answer.LastSha256 = e.GetEntrySha256()
		if req.GetKeptSha256() != "" && e.GetEntrySha256() == req.GetKeptSha256() {
			answer.KeptNumber = e.GetNumber()
		}
	}
	answer.Intact = len(faults) == 0 && (req.GetKeptSha256() == "" || answer.GetKeptNumber() > 0)
	return answer, nil
}

// wrongHolder finds a last entry that another unit has the lead by than the record says, or no entry.
func wrongHolder(_ context.Context, c *change) ([]*warningv1.CustodyFault, error) {
	e := last(c.Record)
	fits := e.GetTo() == c.Record.GetHolder()
	if e.GetKind() == warningv1.CustodyKind_CUSTODY_KIND_FILED {
		fits = e.GetTo() == ""
	}
	if e != nil && fits && proto.Equal(e.GetFiling(), c.Record.GetFiling()) {
		return nil, nil
	}
	return []*warningv1.CustodyFault{{
		Number: int32(len(c.Record.GetCustody())), Part: warningv1.CustodyPart_CUSTODY_PART_HOLDER,
	}}, nil
}

// wrongContent finds the entries that have another hash than what is sealed.
func (s *Server) wrongContent(ctx context.Context, c *change) (faults []*warningv1.CustodyFault, err error) {
	content, err := s.unseal(ctx, c)
	sealed := errors.Is(err, errNoContent) || errors.Is(err, sealing.ErrNoKey) || errors.Is(err, sealing.ErrOtherKey)
	if err != nil && !sealed {
		return nil, err
	}
	sum := ""
	if err == nil {
		if sum, err = canonical.SHA256(content); err != nil {
			return nil, err
		}
	}
	for i, e := range c.Record.GetCustody() {
		if sum == "" || e.GetContentSha256() != sum {
			faults = append(faults, &warningv1.CustodyFault{
				Number: int32(i + 1), Part: warningv1.CustodyPart_CUSTODY_PART_CONTENT,
			})
		}
	}
	return faults, nil
}

// wrongFiles finds the files of the last hand-over that are gone or have other bytes now.
func (s *Server) wrongFiles(ctx context.Context, c *change) (faults []*warningv1.CustodyFault, err error) {
	chain := c.Record.GetCustody()
	if len(chain) == 0 || len(last(c.Record).GetFiles()) == 0 {
		return nil, nil
	}
	now := map[string]*typev1.Attachment{}
	err = attachments.Of(ctx, s.leads.Store, []string{c.Record.GetName()}, func(a *typev1.Attachment, err error) error {
		if err == nil {
			now[a.GetName()] = a
		}
		return nil // one that can't be read is gone
	})
	if err != nil {
		return nil, err
	}
	for _, f := range last(c.Record).GetFiles() {
		same, err := s.hasBytes(ctx, now[f.GetAttachment()], f.GetSha256())
		if err != nil {
			return nil, err
		}
		if !same {
			faults = append(faults, &warningv1.CustodyFault{
				Number: int32(len(chain)), Part: warningv1.CustodyPart_CUSTODY_PART_FILE, Attachment: f.GetAttachment(),
			})
		}
	}
	return faults, nil
}

// hasBytes tells whether the bytes of a file, which may be gone, have a hash.
func (s *Server) hasBytes(ctx context.Context, file *typev1.Attachment, sum string) (bool, error) {
	if file == nil {
		return false, nil
	}
	digest := sha256.New()
	err := attachments.CopyTo(ctx, digest, s.leads.Store, file)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return false, nil
	}
	return hex.EncodeToString(digest.Sum(nil)) == sum, err
}
