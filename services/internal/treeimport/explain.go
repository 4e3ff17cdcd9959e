package treeimport

import (
	"fmt"
	"regexp"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

var requestField = regexp.MustCompile(`^requests\[([0-9]{1,6})\]\.(.*)$`)

// explain turns an instance's refusal of a batch into the rows that it is about; another error tells where it came.
func (p *importer) explain(rows []Row, err error) error {
	var faults Faults
	for _, detail := range status.Convert(err).Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, violation := range bad.GetFieldViolations() {
			match := requestField.FindStringSubmatch(violation.GetField())
			if match == nil {
				continue
			}
			if i, _ := strconv.Atoi(match[1]); i < len(rows) {
				faults.add(rows[i].location, "%s: %s", match[2], violation.GetDescription())
			}
		}
	}
	if refused := faults.err(); refused != nil {
		return refused
	}
	first, last := rows[0], rows[len(rows)-1]
	return fmt.Errorf("%s: lines %d to %d: %w", first.file, first.line, last.line, err)
}
