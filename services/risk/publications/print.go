package publications

import (
	"bytes"
	"context"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/tables"
)

// PrintPublication sends a publication as a document (J1, J6, T4, T22).
func (s *Server) PrintPublication(
	req *riskv1.PrintPublicationRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	found, err := s.publications.Look(stream.Context(), req.GetName())
	if err != nil {
		return err
	}
	p := printing{of: found.Record, format: req.GetFormat(), stream: stream, hide: func(*riskv1.PublicationEntry) {}}
	return s.print(stream.Context(), &p)
}

// PrintOpenPublication sends one that anybody may read (J6, T12, T22).
func (s *Server) PrintOpenPublication(
	req *riskv1.PrintOpenPublicationRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	found, err := s.findOpen(stream.Context(), req.GetName())
	if err != nil {
		return err
	}
	p := printing{of: found.Record, format: req.GetFormat(), stream: stream, hide: withoutPersons, turn: s.turn}
	return s.print(stream.Context(), &p)
}

// printing sends one document, a page of entries at a time, and holds no more of it.
type printing struct {
	of     *riskv1.Publication
	format typev1.TableFormat
	stream grpc.ServerStreamingServer[httpbody.HttpBody]
	hide   func(*riskv1.PublicationEntry)
	// turn is taken while a page is made, not while it is sent: all who have no account take what one of them would, and who
	// reads slowly keeps no other waiting. Nil for those who have one.
	turn chan struct{}
	held bytes.Buffer
}

func (s *Server) print(ctx context.Context, p *printing) error {
	if p.format == typev1.TableFormat_TABLE_FORMAT_UNSPECIFIED {
		p.format = typev1.TableFormat_TABLE_FORMAT_HTML
	}
	var d *Document
	var into tables.Writer
	err := p.inTurn(ctx, func() (err error) {
		if d, err = NewDocument(ctx, s.publications.Store, s.units, p.of, words.CallerLang(ctx)); err != nil {
			return err
		}
		if into, err = d.Begin(&p.held, p.format); err != nil {
			return err
		}
		for _, row := range d.Lines() {
			if err := into.Row(row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = EachPage(ctx, s.publications.Store, p.of, func(page func() ([]Entry, error)) error {
		if err := p.inTurn(ctx, func() error { return p.rows(d, into, page) }); err != nil {
			return err
		}
		return p.send()
	})
	if err != nil {
		return err
	}
	if err := into.Close(); err != nil {
		return err
	}
	return p.send()
}

// rows writes a page. One entry that can't be read fails the document: nobody would miss it on paper.
func (p *printing) rows(d *Document, into tables.Writer, page func() ([]Entry, error)) error {
	entries, err := page()
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Damaged != nil {
			return entry.Damaged
		}
		p.hide(entry.PublicationEntry)
		if err := into.Row(d.Row(entry)); err != nil {
			return err
		}
	}
	return nil
}

func (p *printing) inTurn(ctx context.Context, do func() error) error {
	if p.turn == nil {
		return do()
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	return do()
}

// send sends what is held.
func (p *printing) send() error {
	for p.held.Len() > 0 {
		const piece = 64 << 10
		err := p.stream.Send(&httpbody.HttpBody{ContentType: tables.ContentType(p.format), Data: p.held.Next(piece)})
		if err != nil {
			return err
		}
	}
	return nil
}
