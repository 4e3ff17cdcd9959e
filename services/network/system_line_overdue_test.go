package network_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/qingfeng-suite/qingfeng/services/network/reports"
	"github.com/qingfeng-suite/qingfeng/services/network/tips"
)

func TestC15_H9_AgenciesHearOfOverdueTipsAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.RunJob(tips.RemindJob)
	s.tipAbout(countyBureau, countyBureau)
	s.Clock.Advance(30 * 24 * time.Hour)
	s.RunJob(tips.RemindJob)
	assert.Len(t, s.told(countyBureau, "inbox.tip_overdue"), 1)
	assert.Len(t, s.told(cityBureau, "inbox.tip_overdue_below"), 1)
}

func TestC10_C15_AgenciesHearOfLateReportsAlongTheSystemLine(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.RunJob(reports.OpenReportsJob)
	s.Clock.Advance(75 * 24 * time.Hour)
	s.RunJob(reports.OpenReportsJob)
	s.RunJob(reports.RemindReportsJob)
	heard := s.told(cityBureau, "inbox.reports_late_below")
	assert.Len(t, heard, 1)
	assert.Contains(t, heard[0].GetTitle(), "1 ")
	assert.Empty(t, s.told(countyBureau, "inbox.reports_late_below"))
}
