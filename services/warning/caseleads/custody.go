package caseleads

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	warningv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/warning/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/canonical"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// maxCustody is how many entries a chain of custody has at most.
const maxCustody = 100

// requireRoom refuses to hand over a lead whose chain is full.
func requireRoom(l *warningv1.CaseLead) error {
	if n := len(l.GetCustody()); n >= maxCustody {
		return fault.Precondition(words.CustodyFull(strconv.Itoa(n)))
	}
	return nil
}

// last is the last entry of a chain; nil where a damaged record has none.
func last(l *warningv1.CaseLead) *warningv1.CustodyEntry {
	if len(l.GetCustody()) == 0 {
		return nil
	}
	return l.GetCustody()[len(l.GetCustody())-1]
}

// handOver adds an entry to the chain of a lead, with the files that it has now. The content stays what it was.
func handOver(ctx context.Context, c *change, e *warningv1.CustodyEntry) (err error) {
	if err := requireRoom(c.Record); err != nil {
		return err
	}
	e.EntryTime, e.ContentSha256 = timestamppb.New(c.Now()), last(c.Record).GetContentSha256()
	if e.Files, err = filesOf(ctx, c, c.Record.GetName()); err != nil {
		return err
	}
	c.Record.Custody, err = link(c.Record.GetCustody(), e)
	return err
}

// filesOf are the completed files of a lead.
func filesOf(ctx context.Context, from db.DBTX, name string) (files []*warningv1.CustodyFile, err error) {
	err = attachments.Of(ctx, from, []string{name}, func(a *typev1.Attachment, err error) error {
		files = append(files, &warningv1.CustodyFile{Attachment: a.GetName(), Sha256: a.GetSha256()})
		return err
	})
	return files, err
}

// link adds an entry to a chain: it has the hash of the one before it, and then its own.
func link(chain []*warningv1.CustodyEntry, e *warningv1.CustodyEntry) ([]*warningv1.CustodyEntry, error) {
	e.Number = int32(len(chain) + 1)
	if len(chain) > 0 {
		e.PreviousSha256 = chain[len(chain)-1].GetEntrySha256()
	}
	sum, err := entrySHA256(e)
	e.EntrySha256 = sum
	return append(chain, e), err
}

// entrySHA256 is the hash of an entry without its own.
func entrySHA256(e *warningv1.CustodyEntry) (string, error) {
	bare := proto.CloneOf(e)
	bare.EntrySha256 = ""
	return canonical.SHA256(bare)
}

// broken names the entries of a chain whose hash is not theirs, or that don't follow the one before them.
func broken(chain []*warningv1.CustodyEntry) (faults []*warningv1.CustodyFault, err error) {
	previous := ""
	for i, e := range chain {
		number := int32(i + 1)
		sum, err := entrySHA256(e)
		if err != nil {
			return nil, err
		}
		if sum != e.GetEntrySha256() {
			faults = append(faults, &warningv1.CustodyFault{Number: number, Part: warningv1.CustodyPart_CUSTODY_PART_ENTRY})
		}
		if e.GetNumber() != number || e.GetPreviousSha256() != previous {
			faults = append(faults, &warningv1.CustodyFault{Number: number, Part: warningv1.CustodyPart_CUSTODY_PART_LINK})
		}
		previous = e.GetEntrySha256()
	}
	return faults, nil
}
