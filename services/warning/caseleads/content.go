package caseleads

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/sealing"
	"github.com/qingfeng-suite/qingfeng/services/warning/store/db"
)

// errNoContent is content that is gone, or is not what was sealed.
var errNoContent = errors.New("the content of a case lead is gone or damaged")

// seal stores what a lead says, and gives its hash.
func (s *Server) seal(ctx context.Context, c *change, text string) (string, error) {
	content := &warningv1.CaseLeadContent{CaseLead: c.Record.GetName(), Text: text}
	plain, err := protojson.Marshal(content)
	if err != nil {
		return "", err
	}
	sealed, err := s.sealer.SealLong(plain)
	if err != nil {
		return "", err
	}
	err = db.New(c).AddCaseLeadContent(ctx, db.AddCaseLeadContentParams{Region: c.Region, Key: c.Key, Sealed: sealed})
	if err != nil {
		return "", err
	}
	return canonical.SHA256(content)
}

// unseal opens what a lead says. Errors: errNoContent, sealing.ErrNoKey, sealing.ErrOtherKey.
func (s *Server) unseal(ctx context.Context, c *change) (*warningv1.CaseLeadContent, error) {
	sealed, err := db.New(s.leads.Store).CaseLeadContent(ctx, db.CaseLeadContentParams{Region: c.Region, Key: c.Key})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoContent
	}
	if err != nil {
		return nil, err
	}
	plain, err := s.sealer.Unseal(sealed)
	switch {
	case errors.Is(err, sealing.ErrNoKey), errors.Is(err, sealing.ErrOtherKey):
		return nil, err
	case err != nil:
		return nil, errNoContent // the cause could repeat a part of the text
	}
	content := &warningv1.CaseLeadContent{}
	if protojson.Unmarshal(plain, content) != nil {
		return nil, errNoContent
	}
	return content, nil
}

// ReadCaseLead reads what a lead says, for the unit that has it, and writes down that it was read.
func (s *Server) ReadCaseLead(ctx context.Context, req *warningv1.ReadCaseLeadRequest) (*warningv1.ReadCaseLeadResponse, error) {
	c, err := s.leads.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	if err := isHolder(ctx, c); err != nil {
		return nil, err
	}
	if c.Record.GetFiling() != nil {
		return nil, fault.Precondition(words.CaseLeadOutside())
	}
	content, err := s.unseal(ctx, c)
	if errors.Is(err, sealing.ErrNoKey) || errors.Is(err, sealing.ErrOtherKey) {
		return nil, fault.Precondition(words.CaseLeadKey())
	}
	if err != nil {
		return nil, err
	}
	answer := &warningv1.ReadCaseLeadResponse{Content: content, ContentSha256: last(c.Record).GetContentSha256()}
	return answer, record.Read(ctx, s.leads.Store, record.Entry{Resource: c.Record.GetName(), UnitPath: c.EntryPath})
}
