package campaigns

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/campaigns/archive"
	"github.com/qingfeng-suite/qingfeng/services/risk/grading"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// pieceSize is how many bytes of a file are sent at a time.
const pieceSize = 64 << 10

// pieces sends what is written to it.
type pieces struct {
	stream grpc.ServerStreamingServer[httpbody.HttpBody]
}

// Write sends a piece. The stream reads it before it returns.
func (p pieces) Write(data []byte) (int, error) {
	return len(data), p.stream.Send(&httpbody.HttpBody{ContentType: "application/zip", Data: data})
}

// mostAttached is how many bytes of attached files an export holds where nothing else is asked.
const mostAttached = 1 << 30

// ExportCampaign sends the material of a campaign as a ZIP file (T28). Nothing of it is held but what is being written, and the
// table beside it.
func (s *Server) ExportCampaign(
	req *riskv1.ExportCampaignRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	ctx := stream.Context()
	found, err := s.campaigns.Look(ctx, req.GetName())
	if err != nil {
		return err
	}
	if err := s.requireMaterial(ctx, found); err != nil {
		return err
	}
	out := bufio.NewWriterSize(pieces{stream}, pieceSize)
	e := &export{
		Server: s, Writer: archive.New(out, s.campaigns.Store.Clock.Now()), change: found, scheme: &riskv1.Scheme{},
		room: mostAttached, lang: words.CallerLang(ctx),
	}
	if req.AttachmentBytes != nil {
		e.room = req.GetAttachmentBytes()
	}
	for _, write := range []func(context.Context) error{
		e.campaign, e.lasted, e.material, e.stages, e.register, e.charts, e.owed, e.affairs, e.protected, e.reports,
		e.publications, e.attachments,
	} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	if err := e.Close(); err != nil {
		return err
	}
	return out.Flush()
}

// export writes the material of one campaign.
type export struct {
	*Server
	*archive.Writer
	*change

	scheme *riskv1.Scheme    // by which the campaign goes
	units  []string          // whose records and reports are material
	titles map[string]string // what these are called, by their names
	called map[string]called // what the records of a page call
	lang   words.Lang        // of tables and of the manifest
	first  calendar.Date     // days on which it lasts, or today where it has not begun
	last   calendar.Date
	room   int64                // for the content of attached files, in bytes
	held   []*typev1.Attachment // files for which there is room
	noted  archive.Spool        // what is said of all files
}

// json writes one message as a file.
func (e *export) json(path string, m proto.Message) error {
	return e.Add(path, func(to io.Writer) error { return line(to, m) })
}

func line(to io.Writer, m proto.Message) error {
	text, err := document.Encode(m)
	if err == nil {
		_, err = to.Write(append(text, '\n'))
	}
	return err
}

// unlessDamaged has the manifest name a record that is damaged, and lets the export go on without it.
func (e *export) unlessDamaged(ctx context.Context, name string, err error) error {
	if !document.IsDamaged(ctx, err) {
		return err
	}
	e.damaged(name)
	return nil
}

func (e *export) damaged(name string) { e.note(words.ManifestDamaged(name)) }

// note has the manifest say what the export lacks.
func (e *export) note(lacks words.Sentence) { e.Note(lacks.In(e.lang)) }

func (e *export) campaign(ctx context.Context) error {
	if err := schemes.ByVersion(ctx, e.campaigns.Store, e.Record.GetSchemeVersion(), e.scheme); err != nil {
		return err
	}
	if err := e.json("campaign.json", e.Record); err != nil {
		return err
	}
	if err := e.json("scheme.json", e.scheme); err != nil {
		return err
	}
	return grading.AddTerms(ctx, e.campaigns.Store, e.scheme, clock.Today(e.campaigns.Store.Clock))
}

// lasted notes on which days the campaign lasts.
func (e *export) lasted(context.Context) (err error) {
	e.first = clock.Today(e.campaigns.Store.Clock)
	e.last = e.first
	if begun := e.Record.GetStartedOn(); begun != "" {
		if e.first, err = calendar.ParseDate(begun); err != nil {
			return err
		}
	}
	if ended := e.Record.GetEndedOn(); ended != "" {
		e.last, err = calendar.ParseDate(ended)
	}
	return err
}

// stages writes how far each unit came in each stage, a line a unit, wherever it stands today. A stage is read at once, so that
// no unit stands twice that moves meanwhile.
func (e *export) stages(ctx context.Context) error {
	stages, err := stagesOf(ctx, e.campaigns.Store, e.Record, clock.Today(e.campaigns.Store.Clock))
	if err != nil {
		return err
	}
	for i, stage := range stages {
		err := e.Add(fmt.Sprintf("stages/%02d-%s.ndjson", i+1, stage.GetId()), func(to io.Writer) error {
			for row, err := range stage.units(ctx, e.campaigns.Store, e.Units()[0], "", math.MaxInt32) {
				if err != nil {
					return err
				}
				if err := line(to, stage.progress(row)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// publications writes what those who take part and the unit that runs the campaign made public while it lasted, each with all its
// entries.
func (e *export) publications(ctx context.Context) error {
	if e.Record.GetStartedOn() == "" {
		return nil
	}
	asked := db.CampaignPublicationsParams{
		OfRegion: e.Region, OfKey: e.Key, RunBy: e.Record.GetUnit(), Subtree: subtree(e.change),
		FirstDay: e.first.String(), LastDay: e.last.String(),
	}
	queries := db.New(e.campaigns.Store.Afresh())
	rows, err := queries.CampaignPublications(ctx, asked)
	if err != nil {
		return err
	}
	for _, row := range rows {
		body, err := queries.PublicationBody(ctx, db.PublicationBodyParams(row))
		if err != nil {
			return err
		}
		publication, err := document.Decode[*riskv1.Publication](body)
		if err == nil {
			err = e.publication(ctx, publication)
		}
		if err := e.unlessDamaged(ctx, resource.Sharded("publications", row.Region, row.Key), err); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) publication(ctx context.Context, of *riskv1.Publication) error {
	folder := of.GetName() + "/" // "publications/…"
	if err := e.json(folder+"publication.json", of); err != nil {
		return err
	}
	d, err := publications.NewDocument(ctx, e.campaigns.Store, e.Server.units, of, e.lang)
	if err != nil {
		return err
	}
	printed, err := newPrinted(d)
	if err != nil {
		return err
	}
	err = e.Add(folder+"entries.ndjson", func(to io.Writer) error {
		return publications.EachPage(ctx, e.campaigns.Store, of, func(page func() ([]publications.Entry, error)) error {
			entries, err := page()
			if err != nil {
				return err
			}
			for _, entry := range entries {
				if err := e.entry(ctx, folder, to, printed, entry); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return printed.add(e.Writer, folder+"entries")
}

// entry writes one entry of a publication, a line and a row of each table.
func (e *export) entry(ctx context.Context, folder string, to io.Writer, printed *printed, entry publications.Entry) error {
	if entry.Damaged != nil {
		return e.unlessDamaged(ctx, folder+entry.GetEntry(), entry.Damaged)
	}
	if err := line(to, entry.PublicationEntry); err != nil {
		return err
	}
	return printed.row(printed.Row(entry))
}
