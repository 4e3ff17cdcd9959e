package training

import (
	"context"
	"fmt"
	"slices"
	"time"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/clock"
	"github.com/qingfeng-suite/qingfeng/services/internal/document"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/lifecycle"
	"github.com/qingfeng-suite/qingfeng/services/internal/page"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/officers"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
	"github.com/qingfeng-suite/qingfeng/services/network/units"
)

// InviteOfficers invites those named, or all whom the unit appointed: the graded training of C5 is by tier.
func (s *Server) InviteOfficers(ctx context.Context, req *networkv1.InviteOfficersRequest) (*networkv1.InviteOfficersResponse, error) {
	return record.Act(
		ctx,
		s.store,
		req,
		s.lock("invite"),
		func(ctx context.Context, c *lockedSession) (*networkv1.InviteOfficersResponse, error) {
			if req.GetAllAppointed() == (len(req.GetOfficers()) > 0) {
				return nil, fault.Invalid("officers", "named_or_all")
			}
			count, err := c.invite(ctx, req)
			return &networkv1.InviteOfficersResponse{Session: c.session, Invited: int32(count)}, err
		},
	)
}

func (c *lockedSession) invite(ctx context.Context, req *networkv1.InviteOfficersRequest) (int64, error) {
	if req.GetAllAppointed() {
		return db.New(c.tx).InviteAppointed(ctx, db.InviteAppointedParams{
			SessionRegion: c.row.Region, SessionKey: c.row.SessionKey, Year: c.row.Year, Day: c.row.FirstDay, State: invited,
			UnitID: resource.ID(c.trainingUnit.GetName()), Subtree: access.Path(c.trainingUnit), InOffice: officers.InOffice,
		})
	}
	var faults fault.Fields
	officerKeys := officers.ParseKeys(&faults, "officers", req.GetOfficers())
	if err := officers.CheckInOffice(ctx, c.tx, &faults, "officers", access.Path(c.trainingUnit), officerKeys); err != nil {
		return 0, err
	}
	if err := faults.Err(); err != nil {
		return 0, err
	}
	return db.New(c.tx).Invite(ctx, db.InviteParams{
		Regions: officerKeys.Regions, OfficerKeys: officerKeys.Keys, SessionRegion: c.row.Region, SessionKey: c.row.SessionKey,
		Year: c.row.Year, Day: c.row.FirstDay, State: invited,
	})
}

// RecordAttendance notes who came and who did not, also of officers who have left since.
func (s *Server) RecordAttendance(
	ctx context.Context, req *networkv1.RecordAttendanceRequest,
) (*networkv1.TrainingSession, error) {
	return record.Act(ctx, s.store, req, s.lock("record_attendance"), func(
		ctx context.Context, c *lockedSession,
	) (*networkv1.TrainingSession, error) {
		if first := calendar.DateOf(c.row.FirstDay, time.UTC); clock.Today(s.store.Clock).Before(first) {
			return nil, fault.Precondition("SESSION_NOT_STARTED", "date", first.String())
		}
		var faults fault.Fields
		if len(req.GetAttended())+len(req.GetAbsent()) == 0 {
			faults.Add("attended", "required")
		}
		for i, name := range req.GetAbsent() {
			if slices.Contains(req.GetAttended(), name) {
				faults.Add(fmt.Sprintf("absent[%d]", i), "duplicate", "id", name)
			}
		}
		var all officers.Keys
		for _, list := range []struct {
			field string
			names []string
		}{{"attended", req.GetAttended()}, {"absent", req.GetAbsent()}} {
			officerKeys := officers.ParseKeys(&faults, list.field, list.names)
			if err := officers.CheckWithin(ctx, c.tx, &faults, list.field, access.Path(c.trainingUnit), officerKeys); err != nil {
				return nil, err
			}
			all.Add(officerKeys)
		}
		if err := faults.Err(); err != nil {
			return nil, err
		}
		states := slices.Concat(
			slices.Repeat([]int16{attended}, len(req.GetAttended())),
			slices.Repeat([]int16{absent}, len(req.GetAbsent())),
		)
		return c.session, db.New(c.tx).RecordAttendances(ctx, db.RecordAttendancesParams{
			Regions: all.Regions, OfficerKeys: all.Keys, SessionRegion: c.row.Region, SessionKey: c.row.SessionKey,
			Year: c.row.Year, Day: c.row.FirstDay, States: states,
		})
	})
}

// CancelTrainingSession calls a session off.
func (s *Server) CancelTrainingSession(
	ctx context.Context, req *networkv1.CancelTrainingSessionRequest,
) (*networkv1.TrainingSession, error) {
	return record.Act(ctx, s.store, req, s.lock("cancel"), func(
		ctx context.Context, c *lockedSession,
	) (*networkv1.TrainingSession, error) {
		c.session.CancelReason = req.GetReason()
		return c.session,
			db.New(c.tx).CancelInvitations(ctx, db.CancelInvitationsParams{SessionKey: c.row.SessionKey, Invited: invited})
	})
}

// ListAttendances lists who was invited and who came.
func (s *Server) ListAttendances(ctx context.Context, req *networkv1.ListAttendancesRequest) (*networkv1.ListAttendancesResponse, error) {
	session, err := s.findSession(ctx, req.GetName())
	if err != nil {
		return nil, err
	}
	p, err := page.Parse(req, "")
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.store).ListAttendances(ctx, db.ListAttendancesParams{
		SessionKey: session.SessionKey, AfterKey: p.Cursor, States: document.EnumCodes(req.GetStates()), PageSize: p.Limit,
	})
	if err != nil {
		return nil, err
	}
	list, next, err := page.Build(p, rows, func(r db.ListAttendancesRow) string { return r.OfficerKey },
		func(r db.ListAttendancesRow) (*networkv1.Attendance, error) {
			return &networkv1.Attendance{
				Officer: resource.Sharded(resource.Officers, r.Region, r.OfficerKey), Title: r.Title,
				Unit: resource.Name(resource.Units, r.UnitID), State: networkv1.AttendanceState(r.State),
			}, nil
		})
	return &networkv1.ListAttendancesResponse{Attendances: list, NextPageToken: next}, err
}

// lockedSession is a session read for an act, its row locked.
type lockedSession struct {
	tx           *record.Tx
	row          db.TrainingSession
	session      *networkv1.TrainingSession
	trainingUnit *networkv1.Unit // that trains: the one that scheduled it, or its heir
}

// lock takes a session for an act of the unit that trains.
func (s *Server) lock(act lifecycle.Act) record.LockFunc[*lockedSession] {
	return func(ctx context.Context, tx *record.Tx, req record.ActRequest) (*lockedSession, error) {
		region, key, err := resource.Split(req.GetName())
		if err != nil {
			return nil, err
		}
		row, err := db.New(tx).LockTrainingSession(ctx, db.LockTrainingSessionParams{Region: region, SessionKey: key})
		if err := document.Authorize(ctx, err, row.UnitPath, req.GetName()); err != nil {
			return nil, err
		}
		if err := document.CheckEtag(req.GetEtag(), row.Revision, req.GetName()); err != nil {
			return nil, err
		}
		session, err := sessionOf(row)
		if err != nil {
			return nil, err
		}
		successor, err := units.Successor(ctx, tx, row.UnitPath, clock.Today(s.store.Clock))
		if err != nil {
			return nil, err
		}
		if err := access.RequireOwn(ctx, successor.GetName()); err != nil {
			return nil, err
		}
		session.State, err = Lifecycle.Next(session.GetState(), act)
		return &lockedSession{tx: tx, row: row, session: session, trainingUnit: successor}, err
	}
}

// Save stores the session and records the change.
func (c *lockedSession) Save(ctx context.Context) error {
	body, err := document.EncodeRevision(c.session, c.row.Revision)
	if err != nil {
		return err
	}
	if err := db.New(c.tx).SaveTrainingSession(ctx, db.SaveTrainingSessionParams{
		Region: c.row.Region, SessionKey: c.row.SessionKey, State: int16(c.session.GetState()), Body: body,
	}); err != nil {
		return err
	}
	return c.tx.Record(ctx, record.Entry{Resource: c.session.GetName(), UnitPath: c.row.UnitPath})
}
