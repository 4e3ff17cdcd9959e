package units

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/normalform"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	// scanLimit is how many units are looked at one by one before the index of titles is asked: a page of a common text is among
	// them, and reading them takes a millisecond or two.
	scanLimit = 2000
	// commonTitleLimit is how many titles a text is in so that going through the tree finds a page sooner than reading all of
	// them.
	commonTitleLimit = 10_000
	// maxParentMatches is how many units the words before the last may fit.
	maxParentMatches = 100
)

var (
	digits     = regexp.MustCompile(`^[0-9]{2,12}$`)
	identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,62}$`)
)

// search is one question to the tree.
type search struct {
	*db.Queries

	on    calendar.Date
	limit int32
}

// searchCursor is where a page of found units ends: after a division code, or after a path.
type searchCursor struct {
	Code string     `json:"c,omitempty"`
	Path pathCursor `json:"p,omitempty"`
}

// SearchUnits finds units of a subtree by title, code or identifier, as of a date (X10).
func (s *Server) SearchUnits(ctx context.Context, req *networkv1.SearchUnitsRequest) (*networkv1.SearchUnitsResponse, error) {
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.store.Clock)
	if err != nil {
		return nil, err
	}
	top, err := unitOn(ctx, s.store, req.GetUnit(), on)
	if err != nil {
		return nil, err
	}
	tops := []string{access.Path(top)}
	if req.GetAlongSystemLine() {
		below, err := SystemBelow(ctx, s.store, req.GetUnit(), on)
		if err != nil {
			return nil, err
		}
		for _, unit := range below {
			if path := access.Path(unit); access.Reaches(ctx, path) {
				tops = append(tops, path)
			}
		}
	}
	list, next, err := s.search(ctx, req, access.Disjoint(tops), on)
	return &networkv1.SearchUnitsResponse{Units: list, NextPageToken: next}, err
}

// FindUnits finds units of the whole instance, for who may send tips about them (C8).
func (s *Server) FindUnits(ctx context.Context, req *networkv1.FindUnitsRequest) (*networkv1.FindUnitsResponse, error) {
	on, err := clock.DayOrToday("as_of", req.GetAsOf(), s.store.Clock)
	if err != nil {
		return nil, err
	}
	root, err := db.New(s.store).GetRoot(ctx)
	if err != nil {
		return nil, err
	}
	list, next, err := s.search(ctx, req, []string{root}, on)
	answer := &networkv1.FindUnitsResponse{NextPageToken: next}
	for _, unit := range list {
		answer.Units = append(answer.Units, &networkv1.FoundUnit{
			Unit: unit.GetName(), Title: unit.GetTitle(), AncestorTitles: unit.GetAncestorTitles(),
			EndedOn: unit.GetEndedOn(), Successor: unit.GetSuccessor(),
		})
	}
	return answer, err
}

// searchRequest is a question for units by words.
type searchRequest interface {
	page.Request
	GetQuery() string
}

// search finds a page of units below some paths, none of which is below another, with the titles of those above them and what
// became of those that have ended since.
func (s *Server) search(
	ctx context.Context, req searchRequest, tops []string, on calendar.Date,
) ([]*networkv1.Unit, string, error) {
	p, err := page.Parse(req, searchCursor{})
	if err != nil {
		return nil, "", err
	}
	q := search{Queries: db.New(s.store), on: on, limit: p.Limit}
	parts := strings.Fields(normalform.Of(req.GetQuery()))
	if len(parts) == 0 {
		return nil, "", fault.Invalid("query", words.Required())
	}
	rows, key, err := q.query(ctx, tops, parts, p.Cursor)
	if err != nil {
		return nil, "", err
	}
	list, next, err := page.Build(ctx, p, rows, key, readUnit)
	if err != nil {
		return nil, "", err
	}
	if err := tellEnds(ctx, s.store, clock.Today(s.store.Clock), list...); err != nil {
		return nil, "", err
	}
	return list, next, titleAncestors(ctx, s.store, on, list...)
}

// query reads a page of what fits the words, and tells what the units are paged by.
func (q search) query(ctx context.Context, tops, parts []string, after searchCursor) ([]db.Unit,
	func(db.Unit) searchCursor, error,
) {
	word := parts[len(parts)-1]
	if len(parts) == 1 && string(after.Path) == "" && identifier.MatchString(word) {
		rows, err := q.byCode(ctx, tops, word, after.Code)
		if err != nil || len(rows) > 0 {
			return rows, func(u db.Unit) searchCursor { return searchCursor{Code: u.DivisionCode} }, err
		}
	}
	rows, err := q.byTitle(ctx, tops, parts, string(after.Path))
	if err == nil && len(rows) == 0 && len(parts) == 1 {
		if parts, err = q.alongPath(ctx, tops, []rune(word)); len(parts) > 1 {
			rows, err = q.byTitle(ctx, tops, parts, string(after.Path))
		}
	}
	return rows, func(u db.Unit) searchCursor { return searchCursor{Path: pathOf(u)} }, err
}

// byCode finds the units whose division code begins with a word of digits, or else the one unit whose identifier it is.
func (q search) byCode(ctx context.Context, tops []string, word, after string) ([]db.Unit, error) {
	if digits.MatchString(word) {
		return q.SearchCodes(ctx, db.SearchCodesParams{
			Digits: word, AfterCode: after, Subtrees: tops, OnDate: q.on, PageSize: q.limit,
		})
	}
	rows, err := q.UnitsOn(ctx, db.UnitsOnParams{UnitIds: []string{word}, OnDate: q.on})
	within := func(top string) bool { return access.PathWithin(rows[0].Path, top) }
	if err != nil || len(rows) == 0 || !slices.ContainsFunc(tops, within) {
		return nil, err
	}
	return rows, nil
}

// byTitle finds the units with the last word in their titles, below units with the words before it.
func (q search) byTitle(ctx context.Context, tops, parts []string, after string) ([]db.Unit, error) {
	for _, word := range parts[:len(parts)-1] {
		rows, err := q.byTitleBelow(ctx, tops, word, "", maxParentMatches+1)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		if len(rows) > maxParentMatches {
			return nil, fault.Invalid("query", words.TooManyPlaces(word, strconv.Itoa(maxParentMatches)))
		}
		tops = outermost(rows)
	}
	word := parts[len(parts)-1]
	if len(tops) == 1 {
		rows, done, err := q.scan(ctx, tops[0], word, after)
		if err != nil || done {
			return rows, err
		}
	}
	return q.byTitleBelow(ctx, tops, word, after, q.limit)
}

// maxUnspaced is how long a text without blanks may be to be taken apart.
const maxUnspaced = 40

// alongPath takes apart a text in which the titles along a path follow each other without blanks: each word is the longest that
// some title has, below those of the word before. It gives nothing where a rest is left.
func (q search) alongPath(ctx context.Context, tops []string, rest []rune) (parts []string, err error) {
	if len(rest) > maxUnspaced {
		return nil, nil
	}
	for len(rest) > 0 {
		n, rows := len(rest), []db.Unit(nil)
		for ; n > 1 || n == len(rest); n-- {
			if rows, err = q.byTitleBelow(ctx, tops, string(rest[:n]), "", maxParentMatches+1); err != nil {
				return nil, err
			}
			if len(rows) > 0 && (n == len(rest) || len(rows) <= maxParentMatches) {
				break
			}
			rows = nil
		}
		if rows == nil {
			return nil, nil
		}
		parts, rest, tops = append(parts, string(rest[:n])), rest[n:], outermost(rows)
	}
	return parts, nil
}

// scan looks for a text among the next units of a subtree, and tells whether no other need be looked at.
func (q search) scan(ctx context.Context, top, text, after string) ([]db.Unit, bool, error) {
	rows, err := q.ScanUnits(ctx, db.ScanUnitsParams{
		Subtree: top, AfterPath: after, OnDate: q.on, Reach: scanLimit, Needle: text, PageSize: q.limit,
	})
	if err != nil || len(rows) == int(q.limit) {
		return rows, true, err
	}
	more, err := q.HasMoreThan(ctx, db.HasMoreThanParams{Subtree: top, AfterPath: after, OnDate: q.on, Reach: scanLimit})
	return rows, !more, err
}

// byTitleBelow finds the units below any of some with a text in their titles.
func (q search) byTitleBelow(ctx context.Context, tops []string, text, after string, limit int32) ([]db.Unit, error) {
	fitting, err := q.CountTitles(ctx, db.CountTitlesParams{Pairs: bigramQuery(text), Most: commonTitleLimit + 1})
	if err != nil {
		return nil, err
	}
	if fitting > commonTitleLimit {
		return q.SearchTree(ctx, db.SearchTreeParams{
			Subtrees: tops, Needle: text, AfterPath: after, OnDate: q.on, PageSize: limit,
		})
	}
	return q.SearchTitles(ctx, db.SearchTitlesParams{
		Subtrees: tops, Pairs: bigramQuery(text), Needle: text, AfterPath: after, OnDate: q.on, PageSize: limit,
	})
}

// outermost are the paths of those of some units, in tree order, that are not below another of them.
func outermost(rows []db.Unit) []string {
	var paths []string
	for _, row := range rows {
		if len(paths) == 0 || !access.PathWithin(row.Path, paths[len(paths)-1]) {
			paths = append(paths, row.Path)
		}
	}
	return paths
}

// bigramQuery is the tsquery of the neighbouring characters of a text, as the index of titles has them; of a single character,
// the pairs that begin with it.
func bigramQuery(text string) string {
	runes := []rune(text)
	if len(runes) == 1 {
		return lexeme(runes) + ":*"
	}
	terms := make([]string, 0, len(runes)-1)
	for i := range len(runes) - 1 {
		terms = append(terms, lexeme(runes[i:i+2]))
	}
	return strings.Join(terms, " & ")
}

var quoting = strings.NewReplacer(`'`, `''`, `\`, `\\`)

func lexeme(runes []rune) string { return "'" + quoting.Replace(string(runes)) + "'" }
