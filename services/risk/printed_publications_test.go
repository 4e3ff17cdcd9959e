package risk_test

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

var updatePrinted = flag.Bool("update", false, "write the printed publications anew")

const (
	asCSV  = typev1.TableFormat_TABLE_FORMAT_CSV
	asXLSX = typev1.TableFormat_TABLE_FORMAT_XLSX
	asHTML = typev1.TableFormat_TABLE_FORMAT_HTML
)

// prints is a publication as a document for its office.
func (o office) prints(t *testing.T, of *riskv1.Publication, lang string, format typev1.TableFormat) string {
	t.Helper()
	stream, err := o.publications.PrintPublication(metadata.AppendToOutgoingContext(t.Context(), "accept-language", lang),
		&riskv1.PrintPublicationRequest{Name: of.GetName(), Format: format})
	require.NoError(t, err)
	return string(received(t, stream))
}

// open is a publication as a document for who has no account.
func printOpen(t *testing.T, s *suitetest.Suite, of *riskv1.Publication, format typev1.TableFormat) (string, error) {
	t.Helper()
	stream, err := passer(s).PrintOpenPublication(t.Context(),
		&riskv1.PrintOpenPublicationRequest{Name: of.GetName(), Format: format})
	require.NoError(t, err)
	var all []byte
	for {
		piece, err := stream.Recv()
		if err != nil {
			if err == io.EOF { //nolint:errorlint // as gRPC gives it
				err = nil
			}
			return string(all), err
		}
		all = append(all, piece.GetData()...)
	}
}

// registered is the markets section of T with a power, a risk in it, and a control against that.
func registered(t *testing.T) (b marketSection) {
	t.Helper()
	b = newMarkets(t)
	asked := b.section.licensing(t, markets)
	asked.Kind = "approval"
	item := as(b.Suite, "legal_office", commerce).approvePower(t, b.section.submitPower(t, b.section.power(t, asked), enter))
	head := b.office.held(t, commerce, "局长", "head", "甲", "2025-01-01")
	point := b.office.approveTwice(t, b.section.propose(t, b.section.point(t, &riskv1.RiskPoint{
		Unit: markets, Category: "decision", SearchMethods: []string{"self", "public"}, PowerItem: item.GetName(), Step: "decide",
		Description: "=对条件不符的申请\n予以许可 <b>", Position: item.GetPositions()[1], OwnerPosition: head.GetName(),
		ControlStage: "execution", Points: map[string]int32{"frequency": 5, "importance": 5, "harm": 5},
	}), enter))
	b.section.plan(t, b.against(point, "pledge"))
	return b
}

// The tables that an office files and posts are documents in its language: everything by its title, who holds a position as
// that day, and the hash by which the paper is known.
func TestT22_T4_J6_X8_APublicationIsPrintedForTheOffice(t *testing.T) {
	t.Parallel()
	b := registered(t)
	for kind, title := range map[string]string{
		"summary_table": "廉政风险点汇总表", "grade_catalogue": "权力廉政风险等级目录", "power_catalogue": "权力事项目录",
		"flow_charts": "权力运行流程图",
	} {
		place := "society"
		if kind == "summary_table" {
			place = "within"
		}
		made := b.office.publicise(t, b.office.freeze(t, kind, title, ""), place)
		for _, lang := range []string{"zh", "en"} {
			for ending, format := range map[string]typev1.TableFormat{".csv": asCSV, ".html": asHTML} {
				if format == asHTML && kind != "summary_table" {
					continue
				}
				is := strings.ReplaceAll(b.office.prints(t, made, lang, format), made.GetEntriesSha256(), "HASH")
				path := "testdata/" + kind + "." + lang + ending
				if *updatePrinted {
					require.NoError(t, os.WriteFile(path, []byte(is), 0o600))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				assert.Equal(t, string(want), is, path)
			}
		}
		workbook := b.office.prints(t, made, "zh", asXLSX)
		archive, err := zip.NewReader(strings.NewReader(workbook), int64(len(workbook)))
		require.NoError(t, err)
		sheet, err := archive.Open("xl/worksheets/sheet1.xml")
		require.NoError(t, err)
		cells, err := io.ReadAll(sheet)
		require.NoError(t, err)
		for _, says := range []string{title, "商务局", "市场运行股", made.GetEntriesSha256(), "2026-11-02"} {
			assert.Contains(t, string(cells), says, kind)
		}
		assert.NotContains(t, string(cells), "positions/", "no ids")
	}
}

// A draft says that it is one, and is for its unit; what was public names who held the position then.
func TestT22_T10_ADocumentSaysWhatItIsAndWhoItWas(t *testing.T) {
	t.Parallel()
	b := newOwnedTable(t)
	made := b.draft(t)
	assert.Contains(t, b.leading.prints(t, made, "zh", asCSV), "\n状态,草稿\n")
	_, err := b.section.publications.GetPublication(t.Context(), &riskv1.GetPublicationRequest{Name: made.GetName()})
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	stream, err := b.section.publications.PrintPublication(t.Context(), &riskv1.PrintPublicationRequest{Name: made.GetName()})
	require.NoError(t, err)
	_, err = stream.Recv()
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")
	public := b.leading.publicise(t, made, "within")
	b.leading.handOver(t, b.head, "2026-11-08", "乙", "2026-11-09")
	b.Clock.Advance(8 * day)
	printed := b.section.prints(t, public, "zh", asCSV)
	assert.Contains(t, printed, "局长（甲）")
	assert.NotContains(t, printed, "乙")
	stream, err = b.leading.publications.PrintPublication(t.Context(),
		&riskv1.PrintPublicationRequest{Name: public.GetName(), Format: 9})
	require.NoError(t, err)
	_, err = stream.Recv()
	suitetest.RequireFieldFaults(t, err, map[string]string{"format": "ENUM_DEFINED_ONLY"})
}

func TestT4_J6_T19_AnybodyHasTheDocumentOfWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	b := registered(t)
	open := b.office.publicise(t, b.office.freeze(t, "grade_catalogue", "风险等级目录", ""), "society")
	printed, err := printOpen(t, b.Suite, open, asCSV)
	require.NoError(t, err)
	assert.Contains(t, printed, "局长")
	assert.NotContains(t, printed, "甲", "who answers is a position, not a name")
	page, err := printOpen(t, b.Suite, open, 0)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(page, "<!DOCTYPE html>"), "a page where nothing else is asked")
	within := b.office.publicise(t, b.office.freeze(t, "summary_table", "汇总表", ""), "within")
	_, err = printOpen(t, b.Suite, within, asCSV)
	suitetest.RequireRefused(t, err, codes.NotFound, "NOT_FOUND")

	text := b.office.publicise(t, b.office.text(t, "affairs", "采购结果"), "website")
	printed, err = printOpen(t, b.Suite, text, asCSV)
	require.NoError(t, err)
	assert.Contains(t, printed, "\n内容\n"+text.GetText()+"\n", "of a text its lines")

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		b.URL+"/risk/v1/"+open.GetName()+":printOpen?format=TABLE_FORMAT_XLSX", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	file, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	assert.Equal(t, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", answer.Header.Get("Content-Type"))
	_, err = zip.NewReader(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
}

func TestT22_T28_ACampaignsExportHasTheTablesOfItsPublications(t *testing.T) {
	t.Parallel()
	b := newCommerceBureau(t)
	chief := b.section.held(t, markets, "市场运行股股长", "section_head", "甲", "2026-01-01")
	head := b.office.held(t, commerce, "局长", "head", "丙", "2026-01-01")
	campaign := b.office.begin(t, november())
	risky(t, b.Suite, chief, head)
	made := b.office.publicise(t, b.office.freeze(t, "summary_table", "廉政风险点汇总表", ""), "within")
	content := b.office.export(t, &riskv1.ExportCampaignRequest{Name: campaign.GetName()})
	path := made.GetName() + "/entries."
	assert.Equal(t, b.office.prints(t, made, "zh", asCSV), content[path+"csv"])
	assert.Equal(t, b.office.prints(t, made, "zh", asHTML), content[path+"html"])
	assert.Equal(t, b.office.prints(t, made, "zh", asXLSX), content[path+"xlsx"])
	assert.Contains(t, content[path+"csv"], "局长（丙）")
}
