package units

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

const (
	// reach is how many units are looked at one by one before the index of titles is asked: a page of a common text is among
	// them, and reading them takes a millisecond or two.
	reach = 2000
	// common is how many titles a text is in so that going through the tree finds a page sooner than reading all of them.
	common = 10_000
	// maxPlaces is how many units the words before the last may fit.
	maxPlaces = 100
)

var (
	digits     = regexp.MustCompile(`^[0-9]{2,12}$`)
	identifier = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,62}$`)
)

// search is one question to the tree.
type search struct {
	*db.Queries

	on    time.Time
	limit int32
}

// mark is where a page of found units ends: after a division code, or after a path.
type mark struct {
	Code string   `json:"c,omitempty"`
	Path treePath `json:"p,omitempty"`
}

// SearchUnits finds units of a subtree by title, code or identifier, as of a date (X10).
func (s *Server) SearchUnits(ctx context.Context, req *networkv1.SearchUnitsRequest) (*networkv1.SearchUnitsResponse, error) {
	on, err := clock.DayOr("as_of", req.GetAsOf(), s.book.Clock)
	if err != nil {
		return nil, err
	}
	top, err := unitOn(ctx, s.book, req.GetUnit(), on)
	if err != nil {
		return nil, err
	}
	p, err := page.Open(req, mark{})
	if err != nil {
		return nil, err
	}
	q := search{Queries: db.New(s.book), on: on.In(time.UTC), limit: p.Limit}
	words := strings.Fields(req.GetQuery())
	rows, key, err := q.find(ctx, access.Path(top), words, p.After)
	if err != nil {
		return nil, err
	}
	list, next, err := page.Cut(p, rows, key, readUnit)
	if err != nil {
		return nil, err
	}
	return &networkv1.SearchUnitsResponse{Units: list, NextPageToken: next}, titleAncestors(ctx, s.book, on, list...)
}

// find reads a page of what fits the words, and tells what the units are paged by.
func (q search) find(ctx context.Context, top string, words []string, after mark) ([]db.Unit, func(db.Unit) mark, error) {
	word := words[len(words)-1]
	if len(words) == 1 && string(after.Path) == "" && identifier.MatchString(word) {
		rows, err := q.byCode(ctx, top, word, after.Code)
		if err != nil || len(rows) > 0 {
			return rows, func(u db.Unit) mark { return mark{Code: u.DivisionCode} }, err
		}
	}
	rows, err := q.byTitle(ctx, top, words, string(after.Path))
	return rows, func(u db.Unit) mark { return mark{Path: pathOf(u)} }, err
}

// byCode finds the units whose division code begins with a word of digits, or else the one unit whose identifier it is.
func (q search) byCode(ctx context.Context, top, word, after string) ([]db.Unit, error) {
	if digits.MatchString(word) {
		return q.SearchCodes(ctx, db.SearchCodesParams{
			Digits: word, AfterCode: after, Subtree: top, OnDate: q.on, PageSize: q.limit,
		})
	}
	rows, err := q.UnitsOn(ctx, db.UnitsOnParams{UnitIds: []string{word}, OnDate: q.on})
	if err != nil || len(rows) == 0 || !within(rows[0].Path, top) {
		return nil, err
	}
	return rows, nil
}

// byTitle finds the units with the last word in their titles, below units with the words before it.
func (q search) byTitle(ctx context.Context, top string, words []string, after string) ([]db.Unit, error) {
	tops := []string{top}
	for _, word := range words[:len(words)-1] {
		rows, err := q.titled(ctx, tops, word, "", maxPlaces+1)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		if len(rows) > maxPlaces {
			return nil, fault.Invalid("query", "too_many_places", "word", word, "limit", strconv.Itoa(maxPlaces))
		}
		tops = outermost(rows)
	}
	word := words[len(words)-1]
	if len(tops) == 1 {
		rows, done, err := q.near(ctx, tops[0], word, after)
		if err != nil || done {
			return rows, err
		}
	}
	return q.titled(ctx, tops, word, after, q.limit)
}

// near looks for a text among the next units of a subtree, and tells whether no other need be looked at.
func (q search) near(ctx context.Context, top, text, after string) ([]db.Unit, bool, error) {
	rows, err := q.SearchNear(ctx, db.SearchNearParams{
		Subtree: top, AfterPath: after, OnDate: q.on, Reach: reach, Needle: text, PageSize: q.limit,
	})
	if err != nil || len(rows) == int(q.limit) {
		return rows, true, err
	}
	more, err := q.ReachesOn(ctx, db.ReachesOnParams{Subtree: top, AfterPath: after, OnDate: q.on, Reach: reach})
	return rows, !more, err
}

// titled finds the units below any of some with a text in their titles.
func (q search) titled(ctx context.Context, tops []string, text, after string, limit int32) ([]db.Unit, error) {
	fitting, err := q.CountTitles(ctx, db.CountTitlesParams{Pairs: pairs(text), Most: common + 1})
	if err != nil {
		return nil, err
	}
	if fitting > common {
		return q.SearchTree(ctx, db.SearchTreeParams{Subtrees: tops, Needle: text, AfterPath: after, OnDate: q.on, PageSize: limit})
	}
	return q.SearchTitles(ctx, db.SearchTitlesParams{
		Subtrees: tops, Pairs: pairs(text), Needle: text, AfterPath: after, OnDate: q.on, PageSize: limit,
	})
}

// outermost are the paths of those of some units, in tree order, that are not below another of them.
func outermost(rows []db.Unit) []string {
	var paths []string
	for _, row := range rows {
		if len(paths) == 0 || !within(row.Path, paths[len(paths)-1]) {
			paths = append(paths, row.Path)
		}
	}
	return paths
}

// within tells whether a path is that of a unit or of one below it.
func within(path, top string) bool { return path == top || strings.HasPrefix(path, top+".") }

// pairs is the tsquery of the neighbouring characters of a text, as the index of titles has them; of a single character, the
// pairs that begin with it.
func pairs(text string) string {
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
