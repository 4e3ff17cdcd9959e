// Package resource makes and reads resource names, such as "units/340503" and "tips/340503-019ab…".
package resource

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// Collections of the suite.
const (
	Units            = "units"
	TreeChanges      = "treeChanges"
	Officers         = "officers"
	ReportExceptions = "reportExceptions"
	OfficerContacts  = "officerContacts"
	TrainingPlans    = "trainingPlans"
	TrainingSessions = "trainingSessions"
	Handbooks        = "handbooks"
	Tips             = "tips"
	Attachments      = "attachments"
	Inquiries        = "inquiries"
	Reports          = "reports"
	Messages         = "messages"
	Contacts         = "contactPoints"
	Schemes          = "schemes"
	Positions        = "positions"
	Polls            = "polls"
	Commitments      = "commitments"
	PowerItems       = "powerItems"
	RiskPoints       = "riskPoints"
	Controls         = "controls"
	Decisions        = "decisions"
	Appointments     = "appointments"
	Deficiencies     = "deficiencies"
	Campaigns        = "campaigns"
	Checks           = "checks"
	OpennessItems    = "opennessItems"
	Rotations        = "rotations"
	Comments         = "comments"
	Redos            = "redos"
	CommonProblems   = "commonProblems"
	Publications     = "publications"
	Analyses         = "analyses"
	Findings         = "findings"
	Warnings         = "warnings"
	BulletinReceipts = "bulletinReceipts"
	Referrals        = "referrals"
	CaseLeads        = "caseLeads"
	Studies          = "studies"
	StudyInvitations = "studyInvitations"
	Rounds           = "rounds"
)

// Name joins a collection and an identifier; an empty identifier gives an empty name.
func Name(collection, id string) string {
	if id == "" {
		return ""
	}
	return collection + "/" + id
}

// ID is the part of a name after its collection; empty for an empty name.
func ID(name string) string {
	_, id, _ := strings.Cut(name, "/")
	return id
}

// NewKey makes a key that sorts by the time it was made: 32 hexadecimal digits of a UUID version 7.
func NewKey() string {
	id := uuid.Must(uuid.NewV7()) // fails only where the machine has no randomness, and then nothing may go on
	return hex.EncodeToString(id[:])
}

// NewKeyOf makes a key that sorts by a time that is given; among keys of one time chance decides.
func NewKeyOf(at time.Time) string {
	id := uuid.New()
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70 // version 7
	return hex.EncodeToString(id[:])
}

// Sharded joins the region and the key of a record in a large table; the region leads every primary key.
func Sharded(collection, region, key string) string {
	return collection + "/" + region + "-" + key
}

// Split takes a sharded name apart. A name that is not one can't exist, so it is not found.
func Split(name string) (region, key string, err error) {
	region, key, ok := strings.Cut(ID(name), "-")
	if !ok || region == "" || key == "" {
		return "", "", fault.NotFound(name)
	}
	return region, key, nil
}
