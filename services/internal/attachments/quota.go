package attachments

import (
	"context"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// accounts are those whose quotas an attachment takes from. The account of the instance is empty.
type accounts struct{ sender, unit string }

// accountsOf finds them: of a caller who is protected nothing is written down, and the record stands for its sender; what such a
// caller offers to several records senders count.
func accountsOf(ctx context.Context, owner Owner) accounts {
	unit := access.LastPathID(owner.UnitPath)
	a := accounts{sender: access.AuditInfoOf(ctx).Actor, unit: resource.Name(resource.Units, unit)}
	if a.sender == "" {
		a.sender = owner.Name
	}
	return a
}

// sorted are all of them in one order, in which uploads that begin at once wait for each other.
func (a accounts) sorted() []string {
	all := []string{"", a.sender, a.unit}
	slices.Sort(all)
	return all
}

// checkQuotas refuses an upload, whose size is counted already, that is too much for one of its accounts or for the disk.
func (s *Server) checkQuotas(ctx context.Context, tx *record.Tx, a accounts, size int64) error {
	rows, err := db.New(tx).AttachmentUsage(ctx, a.sorted())
	if err != nil {
		return err
	}
	used := map[string]int64{}
	for _, row := range rows {
		used[row.Account] = row.Bytes
	}
	over := func(limit int64, account string) bool { return limit > 0 && used[account] > limit }
	switch limits := s.limits; {
	case over(limits.Sender, a.sender):
		return exhausted(words.SenderQuota(formatBytes(limits.Sender)))
	case over(limits.Unit, a.unit):
		return exhausted(words.UnitQuota(words.Untitled(a.unit), formatBytes(limits.Unit)))
	case over(limits.Instance, ""):
		return exhausted(words.InstanceQuota(formatBytes(limits.Instance)))
	case limits.FreeSpace == nil:
		return nil
	}
	free, err := s.limits.FreeSpace()
	if err == nil && free-size < s.limits.Free {
		err = exhausted(words.DiskLow())
	}
	return err
}

func exhausted(says words.Sentence) error {
	return fault.New(codes.ResourceExhausted, says).OnField("file.size")
}
