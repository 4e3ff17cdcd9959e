package attachments

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/database/db"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// Has tells whether an owner has a completed attachment.
func Has(ctx context.Context, tx db.DBTX, owner string) (bool, error) {
	return db.New(tx).HasAttachment(ctx, owner)
}

// Count counts the completed attachments of an owner.
func Count(ctx context.Context, tx db.DBTX, owner string) (int32, error) {
	return db.New(tx).CountCompleteAttachments(ctx, owner)
}

// HasOf tells whether a unit, or an ended one that it acts for, has completed an attachment of an owner that was begun after a
// time: what others attach shows nothing of what the unit did.
func HasOf(ctx context.Context, tx db.DBTX, owner, unit string, since time.Time) (bool, error) {
	return db.New(tx).HasAttachmentOf(ctx, db.HasAttachmentOfParams{Owner: owner, UnitID: resource.ID(unit), Since: since})
}

// RequireSince requires what HasOf tells of since a time at which what now comes again unchanged was sent back for a reason.
func RequireSince(ctx context.Context, tx db.DBTX, owner, unit string, since time.Time, reason string) error {
	has, err := HasOf(ctx, tx, owner, unit, since)
	if err == nil && !has {
		return fault.Precondition(words.ReturnedUnchanged(reason))
	}
	return err
}

// CheckOwned notes which of the attachments that a field names are no completed ones of an owner.
func CheckOwned(ctx context.Context, tx db.DBTX, faults *fault.Fields, field, owner string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	ids := make([]string, len(names))
	for i, name := range names {
		ids[i] = resource.ID(name)
	}
	found, err := db.New(tx).AttachmentsOf(ctx, db.AttachmentsOfParams{Owner: owner, Ids: ids})
	for i, id := range ids {
		if err == nil && !slices.Contains(found, id) {
			faults.Add(fmt.Sprintf("%s[%d]", field, i), words.UnknownAttachment(id))
		}
	}
	return err
}

// CheckRules notes what the attachment rules of a scheme lack.
func CheckRules(faults *fault.Fields, field string, rules *typev1.AttachmentRules) {
	schemes.CheckUnique(faults, field+".types", rules.GetTypes())
}
