// Package circumstances is what the register and the reports say of a unit that criteria may name and findings tell, apart from
// what the risk scheme has terms for (C12, T6).
package circumstances

import (
	"github.com/qingfeng-suite/qingfeng/gateway/words"
	typev1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/type/v1"
)

// What may be wrong with risk points in force.
const (
	Uncontrolled = "uncontrolled"
	Misgraded    = "misgraded"
)

// Reports is the sort of what is overdue that the network service counts; the risk service counts the others.
const Reports = "reports"

// Term is a state or a sort, with what it is called.
type Term struct {
	ID    string
	title func() words.Sentence
}

// GetId is its identifier.
func (t Term) GetId() string { return t.ID }

// States are what may be wrong with risk points in force.
var States = []Term{{Uncontrolled, words.FindingLackUncontrolled}, {Misgraded, words.FindingLackMisgraded}}

// Sorts are what may be overdue.
var Sorts = []Term{
	{"controls", words.FindingOverdueControls},
	{"duties", words.FindingOverdueDuties},
	{"deficiencies", words.FindingOverdueDeficiencies},
	{"redos", words.FindingOverdueRedos},
	{"checks", words.FindingOverdueChecks},
	{"decisions", words.FindingOverdueDecisions},
	{"rotations", words.FindingOverdueRotations},
	{"openness", words.FindingOverdueOpenness},
	{"comments", words.FindingOverdueComments},
	{"commitments", words.FindingOverdueCommitments},
	{"filings", words.FindingOverdueFilings},
	{Reports, words.FindingOverdueReports},
}

// Count is how many there are of one of some terms.
func Count(terms []Term, id string, n int64) *typev1.CircumstanceCount {
	count := &typev1.CircumstanceCount{Id: id, Count: n}
	for _, t := range terms {
		if t.ID == id {
			count.Title = &typev1.Text{Zh: t.title().In(words.Chinese), En: t.title().In(words.English)}
		}
	}
	return count
}
