package archive

import (
	"bytes"
	"compress/flate"
	"io"
)

// Spool holds a file, compressed, that is written beside another: a ZIP file takes one at a time.
type Spool struct {
	held bytes.Buffer
	to   *flate.Writer
}

// Write adds to it.
func (s *Spool) Write(data []byte) (int, error) {
	if s.to == nil {
		to, err := flate.NewWriter(&s.held, flate.BestSpeed)
		if err != nil {
			return 0, err
		}
		s.to = to
	}
	return s.to.Write(data)
}

// AddSpool writes what a spool holds as a file.
func (w *Writer) AddSpool(path string, s *Spool) error {
	if s.to != nil {
		if err := s.to.Close(); err != nil {
			return err
		}
	}
	return w.Add(path, func(to io.Writer) error {
		if s.to == nil {
			return nil
		}
		_, err := io.Copy(to, flate.NewReader(&s.held))
		return err
	})
}
