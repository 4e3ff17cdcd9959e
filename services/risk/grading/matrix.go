package grading

import (
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	riskv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/risk/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/schemes"
)

// gradeOfCell is the grade in the cell that the points of the two factors choose.
func gradeOfCell(m *riskv1.MatrixGrading, points map[string]int32) string {
	row := m.GetRows()[points[m.GetRowFactor()]-1]
	return row.GetGrades()[points[m.GetColumnFactor()]-1]
}

// checkMatrix wants a cell for each pair of points of two factors, each grade in some cell, and no factor besides.
func checkMatrix(faults *fault.Fields, s *riskv1.Scheme) {
	const field = "scheme.matrix"
	m := s.GetMatrix()
	schemes.CheckKnown(faults, field+".row_factor", m.GetRowFactor(), s.GetFactors())
	schemes.CheckKnown(faults, field+".column_factor", m.GetColumnFactor(), s.GetFactors())
	if m.GetRowFactor() == m.GetColumnFactor() {
		faults.Add(field+".column_factor", words.Duplicate(m.GetColumnFactor()))
	}
	if rows, ok := schemes.Find(s.GetFactors(), m.GetRowFactor()); ok {
		checkCount(faults, field+".rows", len(m.GetRows()), int(rows.GetMaxPoints()))
	}
	checkCells(faults, field+".rows", s)
	for i, factor := range s.GetFactors() {
		if id := factor.GetId(); id != m.GetRowFactor() && id != m.GetColumnFactor() {
			faults.Add(fmt.Sprintf("scheme.factors[%d].id", i), words.FactorUnused(schemes.TitleOf(id, factor.GetTitle())))
		}
	}
}

func checkCells(faults *fault.Fields, field string, s *riskv1.Scheme) {
	columns, ok := schemes.Find(s.GetFactors(), s.GetMatrix().GetColumnFactor())
	var cells []string
	for i, row := range s.GetMatrix().GetRows() {
		at := fmt.Sprintf("%s[%d].grades", field, i)
		if ok {
			checkCount(faults, at, len(row.GetGrades()), int(columns.GetMaxPoints()))
		}
		for j, grade := range row.GetGrades() {
			schemes.CheckKnown(faults, fmt.Sprintf("%s[%d]", at, j), grade, s.GetGrades())
		}
		cells = append(cells, row.GetGrades()...)
	}
	for _, grade := range s.GetGrades() {
		if !slices.Contains(cells, grade.GetId()) {
			faults.Add(field, words.GradeMissing(schemes.TitleOf(grade.GetId(), grade.GetTitle())))
		}
	}
}
