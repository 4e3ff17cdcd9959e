-- name: SeeClock :one
-- Moves the time last seen on to now, unless it is earlier than the earliest that now may come after, or later than now. Gives the
-- time last seen.
INSERT INTO clock_seen (seen) VALUES (@now)
ON CONFLICT (singleton) DO UPDATE SET seen =
    CASE WHEN clock_seen.seen BETWEEN @earliest AND excluded.seen THEN excluded.seen ELSE clock_seen.seen END
RETURNING seen;

-- name: ConfirmClock :execrows
UPDATE clock_seen SET seen = @now;
