// Package filetext reads the files that offices have: UTF-8, UTF-16 with a byte order mark, or the GBK of Chinese spreadsheets.
package filetext

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

// Decode gives all that r holds as UTF-8. What is not UTF-8 is read as GB18030, of which GBK is a part.
func Decode(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(transform.NewReader(r, unicode.BOMOverride(transform.Nop)))
	if err != nil || utf8.Valid(data) {
		return data, err
	}
	decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
		return nil, errEncoding
	}
	return decoded, nil
}

// NewReader is a CSV reader over all that r gives, decoded.
func NewReader(r io.Reader) (*csv.Reader, error) {
	data, err := Decode(r)
	return csv.NewReader(bytes.NewReader(data)), err
}

// IsBlank tells whether a record says nothing, as the empty rows do that spreadsheets write out.
func IsBlank(record []string) bool { return strings.TrimSpace(strings.Join(record, "")) == "" }
