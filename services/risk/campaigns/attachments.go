package campaigns

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/attachments"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
)

// noteFiles notes the files attached to some records, and which of them there is room for.
func (e *export) noteFiles(ctx context.Context, owners ...string) error {
	return attachments.Of(ctx, e.campaigns.Store.Afresh(), owners, func(file *typev1.Attachment, err error) error {
		if err != nil {
			return e.unlessDamaged(ctx, file.GetName(), err)
		}
		if file.GetSize() > e.room {
			e.note(words.ManifestNotHeld(strconv.FormatInt(file.GetSize(), 10), file.GetSha256(), pathOf(file)))
		} else {
			e.room -= file.GetSize()
			e.held = append(e.held, file)
		}
		return line(&e.noted, file)
	})
}

// pathOf is where a file stands: below its record.
func pathOf(file *typev1.Attachment) string {
	return strings.Join([]string{resource.Attachments, file.GetOwner(), resource.ID(file.GetName()), file.GetFileName()}, "/")
}

// attachments writes what is said of the files attached to what was written before, and the files.
func (e *export) attachments(ctx context.Context) error {
	if err := e.AddSpool("attachments.ndjson", &e.noted); err != nil {
		return err
	}
	for _, file := range e.held {
		err := e.Add(pathOf(file), func(to io.Writer) error {
			return attachments.CopyTo(ctx, to, e.campaigns.Store.Afresh(), file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
