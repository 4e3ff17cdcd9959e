package training

import (
	"context"
	"fmt"
	"slices"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// InviteOfficers invites those named, or all whom the unit appointed: the graded training of C5 is by tier.
func (s *Server) InviteOfficers(ctx context.Context, req *networkv1.InviteOfficersRequest) (
	*networkv1.InviteOfficersResponse, error,
) {
	return record.Change(ctx, s.store, req, func(ctx context.Context, tx *record.Tx) (*networkv1.InviteOfficersResponse, error) {
		var count int64
		session, err := s.sessions.ActIn(ctx, tx, req, invite, nil, func(ctx context.Context, c *change) (err error) {
			count, err = s.inviteTo(ctx, c, req)
			return err
		})
		return &networkv1.InviteOfficersResponse{Session: session, Invited: int32(count)}, err
	})
}

// inviteTo invites officers, tells their units, and says how many were not invited before.
func (s *Server) inviteTo(ctx context.Context, c *change, req *networkv1.InviteOfficersRequest) (count int64, err error) {
	keys, err := s.officersToInvite(ctx, c, req)
	if err != nil {
		return 0, err
	}
	invited, err := db.New(c).Invite(ctx, db.InviteParams{
		SessionRegion: c.Region, SessionKey: c.Key, Regions: keys.Regions, OfficerKeys: keys.Keys,
	})
	if err != nil {
		return 0, err
	}
	for _, row := range invited {
		count += row.Officers
	}
	return count, notifyOfInvitation(ctx, c, invited)
}

// officersToInvite are those named, or all whom the unit appointed.
func (s *Server) officersToInvite(ctx context.Context, c *change, req *networkv1.InviteOfficersRequest) (officers.Keys, error) {
	var keys officers.Keys
	subtrees, err := access.Subtrees(ctx, s.directory, c.Acting)
	if err != nil {
		return keys, err
	}
	switch {
	case req.GetAllAppointed() == (len(req.GetOfficers()) > 0):
		return keys, fault.Invalid("officers", words.NamedOrAll())
	case req.GetAllAppointed():
		rows, err := db.New(c).AppointedOfficers(ctx, db.AppointedOfficersParams{
			UnitID: resource.ID(c.Acting.GetName()), Subtrees: subtrees,
		})
		for _, row := range rows {
			keys.Regions, keys.Keys = append(keys.Regions, row.Region), append(keys.Keys, row.Key)
		}
		return keys, err
	}
	var faults fault.Fields
	keys = officers.ParseKeys(&faults, "officers", req.GetOfficers())
	if err := (officers.Which{Subtrees: subtrees, InOffice: true}).Check(ctx, c, &faults, "officers", keys); err != nil {
		return keys, err
	}
	return keys, faults.Err()
}

// RecordAttendance notes who came and who did not, also of officers who have left since, or whose unit has moved away.
func (s *Server) RecordAttendance(
	ctx context.Context, req *networkv1.RecordAttendanceRequest,
) (*networkv1.TrainingSession, error) {
	return s.sessions.Act(ctx, req, recordAttendance, func(ctx context.Context, c *change) error {
		if first := c.Record.GetFirstDay(); c.Today().String() < first {
			return fault.Precondition(words.SessionNotStarted(first))
		}
		var faults fault.Fields
		if len(req.GetAttended())+len(req.GetAbsent()) == 0 {
			faults.Add("attended", words.Required())
		}
		for i, name := range req.GetAbsent() {
			if slices.Contains(req.GetAttended(), name) {
				faults.Add(fmt.Sprintf("absent[%d]", i), words.Duplicate(name))
			}
		}
		attended, absent := networkv1.AttendanceState_ATTENDANCE_STATE_ATTENDED, networkv1.AttendanceState_ATTENDANCE_STATE_ABSENT
		subtrees, err := access.Subtrees(ctx, s.directory, c.Acting)
		if err != nil {
			return err
		}
		known := officers.Which{Subtrees: subtrees, InvitedTo: c.Key}
		attendances := db.RecordAttendancesParams{SessionRegion: c.Region, SessionKey: c.Key}
		for _, list := range []struct {
			field string
			names []string
			state networkv1.AttendanceState
		}{{"attended", req.GetAttended(), attended}, {"absent", req.GetAbsent(), absent}} {
			keys := officers.ParseKeys(&faults, list.field, list.names)
			if err := known.Check(ctx, c, &faults, list.field, keys); err != nil {
				return err
			}
			attendances.Regions = append(attendances.Regions, keys.Regions...)
			attendances.OfficerKeys = append(attendances.OfficerKeys, keys.Keys...)
			attendances.States = append(attendances.States, slices.Repeat([]string{list.state.String()}, len(keys.Keys))...)
		}
		if err := faults.Err(); err != nil {
			return err
		}
		return db.New(c).RecordAttendances(ctx, attendances)
	})
}

// CancelTrainingSession calls a session off.
func (s *Server) CancelTrainingSession(
	ctx context.Context, req *networkv1.CancelTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return s.sessions.Act(ctx, req, cancel, func(ctx context.Context, c *change) error {
		c.Record.CancelReason = req.GetReason()
		if err := notifyInvited(ctx, c, words.InboxTrainingCancelled(c.Record.GetTitle())); err != nil {
			return err
		}
		return db.New(c).CancelInvitations(ctx, c.Key)
	})
}

// ListAttendances lists who was invited and who came; a unit that the session is not of sees its own officers.
func (s *Server) ListAttendances(ctx context.Context, req *networkv1.ListAttendancesRequest) (
	*networkv1.ListAttendancesResponse, error,
) {
	session, err := s.invited.Look(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	serving := []string{} // whose officers are shown; of all units
	if !access.Reaches(ctx, session.UnitPath) {
		if serving, err = s.reachedIDs(ctx); err != nil {
			return nil, err
		}
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListAttendances(ctx, db.ListAttendancesParams{
		SessionKey: session.Key, AfterKey: p.Cursor, States: document.EnumNames(req.GetStates()), PageSize: p.Limit,
		UnitIds: serving,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(ctx, p, rows, func(r db.ListAttendancesRow) string { return r.OfficerKey },
		func(r db.ListAttendancesRow) (*networkv1.Attendance, error) {
			return &networkv1.Attendance{
				Officer: resource.Sharded(resource.Officers, r.Region, r.OfficerKey), Title: r.Title,
				Unit:  resource.Name(resource.Units, r.UnitID),
				State: networkv1.AttendanceState(networkv1.AttendanceState_value[r.State]),
			}, nil
		})
	return &networkv1.ListAttendancesResponse{Attendances: list, NextPageToken: next}, err
}
