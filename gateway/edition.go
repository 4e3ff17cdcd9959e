package gateway

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"

	"github.com/qingfeng-suite/qingfeng/gateway/internal/doctext"
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// edition is the OpenAPI document in one language, and the page that begins with it.
type edition struct {
	locale   string
	document []byte
	packed   []byte // the same, compressed once: anyone may ask for it, and it is large
	tag      string // entity tag of the document
	page     http.Handler
}

// languages that the document is written in; the first is the default.
var languages = [2]words.Lang{words.Chinese, words.English}

// editionTitles are how the page names the languages, in the order of languages.
var editionTitles = [2]string{"中文", "English"}

// editionPath is where the document of a language stands.
func editionPath(language int) string { return "/openapi." + string(languages[language]) + ".json" }

// OpenAPI makes the OpenAPI documents of a level, by locale: "zh-CN" and "en".
func OpenAPI(level typev1.Level) (map[string][]byte, error) {
	if err := (Config{Level: level}).Validate(); err != nil {
		return nil, err
	}
	operations, err := operationsAt(level, "qingfeng.")
	if err != nil {
		return nil, err
	}
	editions, err := editionsOf(level, operations)
	if err != nil {
		return nil, err
	}
	documents := map[string][]byte{}
	for _, one := range editions {
		documents[one.locale] = one.document
	}
	return documents, nil
}

// made are the documents of the levels that were asked for: a level's are made once in a process.
var made = struct {
	sync.Mutex

	editions map[typev1.Level][2]*edition
}{editions: map[typev1.Level][2]*edition{}}

// editionsOf gives the document of a level in every language, in the order of languages.
func editionsOf(level typev1.Level, operations []*operation) ([2]*edition, error) {
	made.Lock()
	defer made.Unlock()
	if editions, ok := made.editions[level]; ok {
		return editions, nil
	}
	editions, err := newEditions(level, operations)
	if err == nil {
		made.editions[level] = editions
	}
	return editions, err
}

// newEditions makes the document of a level in every language, in the order of languages.
func newEditions(level typev1.Level, operations []*operation) (editions [2]*edition, err error) {
	chinese, err := doctext.Load()
	if err != nil {
		return editions, fmt.Errorf("gateway: texts of the document: %w", err)
	}
	for i, d := range []describer{{lang: words.Chinese, chinese: chinese}, {lang: words.English}} {
		document, err := openAPI(level, operations, d)
		if err != nil {
			return editions, err
		}
		// The page has a list of all editions, of which this one is shown first.
		page := v5emb.NewWithConfig(swgui.Config{ShowTopBar: true, SettingsUI: map[string]string{
			"urls": fmt.Sprintf("[{url: %q, name: %q}, {url: %q, name: %q}]",
				editionPath(0), editionTitles[0], editionPath(1), editionTitles[1]),
			`"urls.primaryName"`: fmt.Sprintf("%q", editionTitles[i]),
		}})
		packed, err := pack(document)
		if err != nil {
			return editions, err
		}
		editions[i] = &edition{
			locale: string(d.lang), document: document, packed: packed, tag: fmt.Sprintf(`"%x"`, sha256.Sum256(document)),
			page: page(d.title(level), editionPath(i), "/docs/"),
		}
	}
	return editions, nil
}

// serve answers with the document.
func (e *edition) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Language", e.locale)
	w.Header().Set("Cache-Control", "no-cache") // kept, and asked about each time: it changes only with the binary
	w.Header().Set("ETag", e.tag)
	document := e.document
	accepted := r.Header.Get("Accept-Encoding")
	if strings.Contains(accepted, "gzip") && !strings.Contains(accepted, "gzip;q=0") {
		w.Header().Set("Content-Encoding", "gzip")
		document = e.packed
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(document))
}

func pack(document []byte) ([]byte, error) {
	var packed bytes.Buffer
	into := gzip.NewWriter(&packed)
	_, err := into.Write(document)
	if err := errors.Join(err, into.Close()); err != nil {
		return nil, fmt.Errorf("gateway: compress the document: %w", err)
	}
	return packed.Bytes(), nil
}
