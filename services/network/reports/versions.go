package reports

import (
	"context"
	"math"
	"strings"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// version reads one version of a report: the one that stands (0), the one being written, or one that was replaced.
func (s *Server) version(ctx context.Context, row db.Report, number int32) (*networkv1.Report, error) {
	switch {
	case number == 0 || number == row.Version:
		return currentOf(row)
	case number == row.Version+1 && row.Draft != nil:
		return draftOf(row)
	}
	body, err := db.New(s.store).GetReportVersion(ctx, db.GetReportVersionParams{
		Region: row.Region, UnitID: row.UnitID, ScheduleID: row.ScheduleID, Period: row.Period, Version: number,
	})
	if err != nil {
		return nil, err
	}
	return archivedOf(row, number, body)
}

// ListReportVersions lists every version of a report, the newest first.
func (s *Server) ListReportVersions(
	ctx context.Context, req *networkv1.ListReportVersionsRequest,
) (*networkv1.ListReportVersionsResponse, error) {
	row, err := s.findReport(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, int32(math.MaxInt32))
	if err != nil {
		return nil, err
	}
	past, err := db.New(s.store).ListReportVersions(ctx, db.ListReportVersionsParams{
		Region: row.Region, UnitID: row.UnitID, ScheduleID: row.ScheduleID, Period: row.Period,
		BeforeVersion: p.Cursor, PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	var all []db.ListReportVersionsRow
	if row.Draft != nil && row.Version+1 < p.Cursor {
		all = append(all, db.ListReportVersionsRow{Version: row.Version + 1, Body: row.Draft})
	}
	if row.Version < p.Cursor {
		all = append(all, db.ListReportVersionsRow{Version: row.Version, Body: row.Body})
	}
	list, next, err := page.Build(ctx, p, append(all, past...), func(v db.ListReportVersionsRow) int32 { return v.Version },
		func(v db.ListReportVersionsRow) (*networkv1.Report, error) {
			switch {
			case v.Version > row.Version:
				return draftOf(row)
			case v.Version == row.Version:
				return currentOf(row)
			}
			return archivedOf(row, v.Version, v.Body)
		})
	return &networkv1.ListReportVersionsResponse{Reports: list, NextPageToken: next}, err
}

// keyOf reads a report's name, "reports/{unit}.{schedule}.{period}".
func keyOf(name string) (db.GetReportParams, error) {
	parts := strings.Split(resource.ID(name), ".")
	if len(parts) != 3 {
		return db.GetReportParams{}, fault.NotFound(name)
	}
	return db.GetReportParams{UnitID: parts[0], ScheduleID: parts[1], Period: parts[2]}, nil
}

func nameOf(unit, schedule, period string) string {
	return resource.Name(resource.Reports, unit+"."+schedule+"."+period)
}

// currentOf reads the current version.
func currentOf(row db.Report) (*networkv1.Report, error) {
	return reportOf(row, row.Version, row.Body, document.Etag(row.Revision))
}

// draftOf is the version that is written beside it.
func draftOf(row db.Report) (*networkv1.Report, error) {
	return reportOf(row, row.Version+1, row.Draft, document.Etag(row.DraftRevision))
}

// archivedOf is a version that stood once; nothing can be done to it, so it has no etag.
func archivedOf(row db.Report, version int32, body []byte) (*networkv1.Report, error) {
	return reportOf(row, version, body, "")
}

// reportOf reads a version; what is the same for all versions of a report, the row says.
func reportOf(row db.Report, version int32, body []byte, etag string) (*networkv1.Report, error) {
	name := nameOf(row.UnitID, row.ScheduleID, row.Period)
	report, err := document.DecodeNamed[*networkv1.Report](body, name)
	if err != nil {
		return nil, err
	}
	report.Name = name
	report.Unit = resource.Name(resource.Units, row.UnitID)
	report.Version, report.Etag, report.DraftVersion, report.DraftEtag = version, etag, 0, draftEtag(row)
	if row.Draft != nil {
		report.DraftVersion = row.Version + 1
	}
	report.CloseOn = row.CloseOn.String()
	report.ScheduledCloseOn = row.ScheduledCloseOn.String()
	report.Exempted, report.Exception = row.Exempted, nil
	if row.Exception != nil {
		report.Exception, err = document.Decode[*networkv1.ReportException](row.Exception)
	}
	return report, err
}

// draftEtag is the etag of the version that is written beside the one that stands; empty where none is.
func draftEtag(row db.Report) string {
	if row.Draft == nil {
		return ""
	}
	return document.Etag(row.DraftRevision)
}
