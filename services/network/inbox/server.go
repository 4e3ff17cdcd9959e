package inbox

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/jobs"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/internal/service"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Server serves InboxService.
type Server struct {
	networkv1.UnsafeInboxServiceServer

	store         *record.Store
	directory     access.Directory
	retentionDays int // days; 0: for ever
}

// New makes the server and adds its job.
func New(env service.Env) *Server {
	s := &Server{store: env.Store, directory: env.Directory, retentionDays: env.MessageRetentionDays}
	env.Queue.Add(jobs.Job{Name: DeleteJob, Every: deleteEvery, Run: s.DeleteExpired})
	return s
}

func (s *Server) Register(r grpc.ServiceRegistrar) { networkv1.RegisterInboxServiceServer(r, s) }

// ListMessages lists the messages of one unit that the caller may read, the newest first.
func (s *Server) ListMessages(ctx context.Context, req *networkv1.ListMessagesRequest) (*networkv1.ListMessagesResponse, error) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	var faults fault.Fields
	for i, kind := range req.GetKinds() {
		CheckKind(&faults, fmt.Sprintf("kinds[%d]", i), kind)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	p, err := page.Parse(req, page.MaxKey)
	if err != nil {
		return nil, err
	}
	params := db.ListMessagesParams{
		UnitID: resource.ID(req.GetUnit()), BeforeKey: p.Cursor, Kinds: append([]string{}, req.GetKinds()...), PageSize: p.Limit,
		Officer: access.PrincipalOf(ctx).Officer,
	}
	if params.HiddenKinds, err = s.hiddenKinds(ctx); err != nil {
		return nil, err
	}
	rows, err := s.list(ctx, params, req.GetUnreadOnly())
	if err != nil {
		return nil, err
	}
	reached, err := s.reached(ctx, rows)
	if err != nil {
		return nil, err
	}
	lang, mayGet := words.CallerLang(ctx), s.mayGet(ctx, reached)
	list, next, err := page.Build(ctx, p, rows, func(r db.ListMessagesRow) string { return r.MessageKey },
		func(r db.ListMessagesRow) (*networkv1.Message, error) {
			may, err := mayGet(r.Resource)
			if !may {
				r.Resource = ""
			}
			return messageOf(r, req.GetUnit(), lang), err
		})
	return &networkv1.ListMessagesResponse{Messages: list, NextPageToken: next}, err
}

// messageOf is a message to a unit in a language.
func messageOf(row db.ListMessagesRow, unit string, lang words.Lang) *networkv1.Message {
	m := &networkv1.Message{
		Name: resource.Sharded(resource.Messages, row.Region, row.MessageKey), Unit: unit, Kind: row.Kind,
		Title: Text(lang, row.Kind, row.Args), Resource: row.Resource, CreateTime: timestamppb.New(row.CreateTime),
	}
	if row.ReadTime != nil {
		m.ReadTime = timestamppb.New(*row.ReadTime)
	}
	return m
}

// list reads all messages, or the unread ones, for which there is an index of their own.
func (s *Server) list(ctx context.Context, params db.ListMessagesParams, unread bool) ([]db.ListMessagesRow, error) {
	if !unread {
		return db.New(s.store).ListMessages(ctx, params)
	}
	found, err := db.New(s.store).ListUnreadMessages(ctx, db.ListUnreadMessagesParams(params))
	rows := make([]db.ListMessagesRow, len(found))
	for i, row := range found {
		rows[i] = db.ListMessagesRow(row)
	}
	return rows, err
}

// CountUnreadMessages counts what is unread in one inbox.
func (s *Server) CountUnreadMessages(
	ctx context.Context, req *networkv1.CountUnreadMessagesRequest,
) (*networkv1.CountUnreadMessagesResponse, error) {
	if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
		return nil, err
	}
	hidden, err := s.hiddenKinds(ctx)
	if err != nil {
		return nil, err
	}
	unread, err := db.New(s.store).CountUnreadMessages(ctx, db.CountUnreadMessagesParams{
		UnitID: resource.ID(req.GetUnit()), HiddenKinds: hidden, Officer: access.PrincipalOf(ctx).Officer,
	})
	return &networkv1.CountUnreadMessagesResponse{Unread: unread}, err
}

// MarkMessagesRead notes what was read. The unit stands for its inbox in the journal: which messages, they say themselves.
func (s *Server) MarkMessagesRead(
	ctx context.Context, req *networkv1.MarkMessagesReadRequest,
) (*networkv1.MarkMessagesReadResponse, error) {
	return record.Change(ctx, s.store, req,
		func(ctx context.Context, tx *record.Tx) (*networkv1.MarkMessagesReadResponse, error) {
			if err := access.RequireOwnOrAdmin(ctx, req.GetUnit()); err != nil {
				return nil, err
			}
			keys, err := s.messageKeys(ctx, tx, req)
			if err != nil {
				return nil, err
			}
			now := tx.Now()
			marked, err := db.New(tx).MarkMessagesRead(ctx, db.MarkMessagesReadParams{
				UnitID: resource.ID(req.GetUnit()), ReadTime: &now, MessageKeys: keys,
			})
			if err != nil {
				return nil, err
			}
			entry := record.Entry{Resource: req.GetUnit(), UnitPath: access.Path(access.Target(ctx))}
			return &networkv1.MarkMessagesReadResponse{Marked: marked}, tx.Record(ctx, entry)
		})
}

// messageKeys are the keys that a request names. What is no message of the unit, or none that the caller reads, is not found.
func (s *Server) messageKeys(
	ctx context.Context, tx *record.Tx, req *networkv1.MarkMessagesReadRequest,
) (keys []string, err error) {
	named := make([]string, len(req.GetNames()))
	for i, name := range req.GetNames() {
		if _, named[i], err = resource.Split(name); err != nil {
			return nil, err
		}
	}
	hidden, err := s.hiddenKinds(ctx)
	if err != nil {
		return nil, err
	}
	found, err := db.New(tx).KnownMessages(ctx, db.KnownMessagesParams{
		UnitID: resource.ID(req.GetUnit()), MessageKeys: named, HiddenKinds: hidden, Officer: access.PrincipalOf(ctx).Officer,
	})
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, row := range found {
		known[resource.Sharded(resource.Messages, row.Region, row.MessageKey)] = true
	}
	var absent fault.Fields
	for i, name := range req.GetNames() {
		if !known[name] {
			absent.Add(fmt.Sprintf("names[%d]", i), words.NotFound(name))
		}
	}
	if len(absent) > 0 {
		return nil, &fault.Fault{Code: codes.NotFound, Sentence: absent[0].Sentence, Fields: absent}
	}
	return named, nil
}
