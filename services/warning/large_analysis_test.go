package warning_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/suite/suitetest"
)

// spread puts two tips about the village into each of so many subject areas, as of a country of many units and areas.
func spread(t *testing.T, s *suitetest.Suite, areas int) {
	t.Helper()
	tables, err := database.Open(t.Context(), s.Database, "network")
	require.NoError(t, err)
	defer tables.Close()
	_, err = tables.Exec(t.Context(), `
		INSERT INTO tips (region, tip_key, handling_path, handling_path_then, unit_id, unit_path, unit_path_then, subject_area,
		                  urgent, state, receive_time, receipt_hash, body)
		SELECT '340503', 'k' || lpad(n::text, 8, '0'), h.path, h.path, $1, v.path, v.path,
		       'area_' || lpad((n / 2)::text, 300, '0'), false, 'TIP_STATE_RECEIVED', $2, convert_to(n::text, 'UTF8'), '{}'
		FROM generate_series(0, $3::int - 1) n,
		     (SELECT path FROM units WHERE unit_id = '340503001') h, (SELECT path FROM units WHERE unit_id = $1) v`,
		resource.ID(village), suitetest.Start, 2*areas)
	require.NoError(t, err)
}

func TestC12_LargeAnalysisReadsEveryPage(t *testing.T) {
	t.Parallel()
	s := suitetest.New(t)
	const areas = 21000 // whose names are long: three pages of counts
	spread(t, s, areas)
	city := as(s, "handler", suitetest.City)
	city.tip(t, other, "ethics", 6)
	analysis := city.run(t, "2026-11")
	assert.EqualValues(t, 2*areas+6, analysis.GetTips())
	assert.Equal(t, areas+1, len(analysis.GetCounts())+int(analysis.GetCountsLeftOut()))
	assert.Positive(t, analysis.GetCountsLeftOut(), "the answer holds no more")
	last := analysis.GetCounts()[len(analysis.GetCounts())-1]
	assert.Equal(t, other, last.GetUnit(), "what has the most tips is kept, and all is in order")
	require.EqualValues(t, 1, analysis.GetFindings(), "what is on any page is held against the ladder")
	assert.Equal(t, other, city.found(t, analysis)[0].GetCount().GetUnit())
	assert.Zero(t, analysis.GetFindingsLeftOut())
}
