package comments

import (
	"context"
	"strconv"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/collection"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
	"github.com/qingfeng-suite/qingfeng/services/risk/publications"
	"github.com/qingfeng-suite/qingfeng/services/risk/riskpoints"
	"github.com/qingfeng-suite/qingfeng/services/risk/store/db"
)

// subject is what a comment is about, and who answers it by when.
type subject struct {
	kept                    *riskv1.Comment // what is kept of the comment
	madeBy                  string          // unit whose publication it is about, if it is
	name, path              string          // what staff must reach who enter one, and its path
	units                   []string        // of a comment on a unit: it and those above it
	publicFrom, publicUntil string          // between which an objection can come; empty where at any time
	media                   []*riskv1.Term  // in which it may have stood
	answering               *networkv1.Unit
	answer                  *typev1.DeadlineRule
	maxOpen                 int32
	countOpen               func(context.Context, *db.Queries) (int64, error) // those of the public
	tooMany                 func(limit string) words.Sentence
}

// find finds what a comment is about: a unit where one is given, else an entry of a publication, which must be public in the
// sense of the caller, and stays so until the transaction ends.
func (s *Server) find(
	ctx context.Context, tx *record.Tx, said said, p prepared, public func(publications.Change) error,
) (*subject, error) {
	unit := p.unit
	if unit == nil {
		return s.findEntry(ctx, tx, said, public)
	}
	if said.GetEntry() != "" {
		return nil, fault.Invalid("entry", words.Contradiction())
	}
	scheme := &riskv1.Scheme{}
	if err := schemes.Effective(ctx, tx, access.PathIDs(unit), tx.Today(), scheme); err != nil && !fault.IsNotFound(err) {
		return nil, err
	}
	rules := scheme.GetComments()
	if rules == nil {
		return nil, fault.Precondition(words.NoComments())
	}
	answering := unit
	if said.GetAboutLeaders() { // nobody handles what is said of themselves; of the topmost unit's, prepare refuses it
		ids := access.PathIDs(unit)
		answering = collection.UnitAt(unit.GetRegion(), ids[:len(ids)-1])
	}
	return &subject{
		kept: &riskv1.Comment{AboutUnit: said.GetUnit(), AboutLeaders: said.GetAboutLeaders(), Text: said.GetText()},
		name: unit.GetName(), path: access.Path(unit), units: access.PathIDs(unit), media: scheme.GetCommentMedia(),
		answering: answering, answer: rules.GetAnswer(), maxOpen: rules.GetMaxOpen(), tooMany: words.TooManyComments,
		countOpen: func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.CountOpenOnUnit(ctx, said.GetUnit()) // of each unit by itself, also where it has ended
		},
	}, nil
}

func (s *Server) findEntry(
	ctx context.Context, tx *record.Tx, said said, public func(publications.Change) error,
) (*subject, error) {
	if said.GetAboutLeaders() {
		return nil, fault.Invalid("about_leaders", words.Contradiction())
	}
	if said.GetEntry() == "" {
		return nil, fault.Invalid("entry", words.Required())
	}
	publication, err := s.publications.FindReached(ctx, tx, said.GetPublication())
	if err != nil {
		return nil, err
	}
	publication.Tx = tx
	if err := public(publication); err != nil {
		return nil, err
	}
	kind, err := publications.KindOf(ctx, publication)
	if err != nil {
		return nil, err
	}
	rules := kind.GetObjections()
	if rules == nil {
		return nil, fault.Precondition(words.NoObjections())
	}
	entry, err := publications.Find(ctx, publication, said.GetEntry())
	if fault.IsNotFound(err) {
		return nil, fault.Invalid("entry", words.NotPublished(said.GetEntry()))
	}
	if err != nil {
		return nil, err
	}
	answering, err := answeringUnit(ctx, publication, entry.UnitPath)
	made := publication.Record
	return &subject{
		kept: &riskv1.Comment{
			Publication: made.GetName(), PublicationTitle: made.GetTitle(), Entry: said.GetEntry(), EntryVersion: entry.Version,
			EntryTitle: riskpoints.Beginning(entry.Title), AboutUnit: entry.Unit, Text: said.GetText(),
		},
		name: made.GetName(), path: publication.UnitPath, madeBy: made.GetUnit(),
		publicFrom: made.GetPublicFrom(), publicUntil: made.GetPublicUntil().GetDue(),
		answering: answering, answer: rules.GetAnswer(), maxOpen: rules.GetMaxOpen(), tooMany: words.TooManyObjections,
		countOpen: func(ctx context.Context, q *db.Queries) (int64, error) {
			return q.CountOpenFromPublic(ctx, made.GetName())
		},
	}, err
}

// answeringUnit is the unit that answers an objection: the one that has made it public or, where the entry is its own, the one
// above it. The root, which has none above it, answers for itself.
func answeringUnit(ctx context.Context, publication publications.Change, entryPath string) (*networkv1.Unit, error) {
	units := publication.Units()
	entry, err := publication.ActingPath(ctx, entryPath)
	if err != nil {
		return nil, err
	}
	if access.LastPathID(entry) == units[len(units)-1] && len(units) > 1 {
		units = units[:len(units)-1]
	}
	return collection.UnitAt(publication.Region, units), nil
}

// checkRoom refuses more comments of the public than the scheme lets be open: whoever sends many holds up what they can answer.
func (a *subject) checkRoom(ctx context.Context, tx *record.Tx) error {
	if err := tx.Lock(ctx, "comments on "+a.name); err != nil {
		return err
	}
	open, err := a.countOpen(ctx, db.New(tx))
	if err == nil && open >= int64(a.maxOpen) {
		return fault.Precondition(a.tooMany(strconv.Itoa(int(a.maxOpen))))
	}
	return err
}

// checkMedium wants a medium of the scheme where one is given, and one where it is said where in it something stands.
func (a *subject) checkMedium(faults *fault.Fields, req *riskv1.RegisterCommentRequest) {
	switch {
	case req.GetMedium() != "" && req.GetUnit() == "":
		faults.Add("medium", words.Contradiction()) // objections come from who objects
	case req.GetMedium() != "":
		schemes.CheckKnown(faults, "medium", req.GetMedium(), a.media)
	case req.GetSource() != "":
		faults.Add("medium", words.Required())
	}
}
