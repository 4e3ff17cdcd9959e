// Package csvtext reads the CSV that offices have: UTF-8, UTF-16 with a byte order mark, or the GBK of Chinese spreadsheets.
package csvtext

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// errEncoding refuses bytes that are no text we know.
var errEncoding = errors.New("the file is no text in UTF-8, UTF-16 with a byte order mark, or GB18030 (GBK)")

// NewReader is a CSV reader over all that r gives, decoded. What is not UTF-8 is read as GB18030, of which GBK is a part.
func NewReader(r io.Reader) (*csv.Reader, error) {
	data, err := io.ReadAll(transform.NewReader(r, unicode.BOMOverride(transform.Nop)))
	if err != nil {
		return nil, err
	}
	if utf8.Valid(data) {
		return csv.NewReader(bytes.NewReader(data)), nil
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return nil, errEncoding
	}
	return csv.NewReader(bytes.NewReader(decoded)), nil
}

// IsBlank tells whether a record says nothing, as the empty rows do that spreadsheets write out.
func IsBlank(record []string) bool { return strings.TrimSpace(strings.Join(record, "")) == "" }
