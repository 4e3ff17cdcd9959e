-- name: ApprovedBefore :one
-- Whether somebody has passed a stage of the review of an entry since it was handed in: who did stands in the journal alone.
SELECT EXISTS (
    SELECT FROM journal a WHERE a.resource = @resource AND a.event = @event AND a.actor = @actor AND NOT EXISTS (
        SELECT FROM journal s WHERE s.resource = @resource AND s.event = @handed_in AND (s.xact, s.seq) > (a.xact, a.seq)
    )
);
