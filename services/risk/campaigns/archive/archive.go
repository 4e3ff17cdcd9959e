// Package archive writes ZIP files that tell the SHA-256 of each of their files, of which no more is held than what is being
// written and, compressed, what is written beside it (T28).
package archive

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
)

// Manifest is the last file: a line a file, in the form that `sha256sum --check` reads.
const Manifest = "MANIFEST.txt"

// Writer writes one ZIP file.
type Writer struct {
	zip      *zip.Writer
	at       time.Time
	manifest strings.Builder
	notes    strings.Builder
}

// New begins a ZIP file whose files are of one time.
func New(to io.Writer, at time.Time) *Writer { return &Writer{zip: zip.NewWriter(to), at: at} }

// Add writes a file.
func (w *Writer) Add(path string, write func(io.Writer) error) error {
	file, err := w.zip.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate, Modified: w.at})
	if err != nil {
		return err
	}
	hash := sha256.New()
	if err := write(io.MultiWriter(file, hash)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(&w.manifest, "%s  %s\n", hex.EncodeToString(hash.Sum(nil)), path)
	return nil
}

// Note has the manifest say something after its lines, in a comment: `sha256sum --check` steps over it.
func (w *Writer) Note(text string) { fmt.Fprintf(&w.notes, "# %s\n", text) }

// Close writes the manifest, and ends the file.
func (w *Writer) Close() error {
	file, err := w.zip.CreateHeader(&zip.FileHeader{Name: Manifest, Method: zip.Deflate, Modified: w.at})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(file, w.manifest.String()+w.notes.String()); err != nil {
		return err
	}
	return w.zip.Close()
}
