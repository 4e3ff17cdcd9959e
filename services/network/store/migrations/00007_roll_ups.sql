-- +goose Up

-- Counts kept of each unit's subtree (ADR 023). Texts are compared by bytes: sorting a page by the rules of a language takes
-- longer than reading it. The unit leads the key and not the region: a unit above the counties lies in no region, and one that
-- moves would be split over two.
CREATE TABLE roll_ups (
    unit_id      text             NOT NULL,
    month        date             NOT NULL,   -- its first day, in Asia/Shanghai
    child_id     text COLLATE "C" NOT NULL,   -- unit below it towards those concerned, itself where none; empty for the whole
    subject_area text COLLATE "C" NOT NULL,
    source_roles jsonb            NOT NULL,   -- all other roles that their senders held (C4); a reading counts each
    received     integer          NOT NULL,
    returned     integer          NOT NULL,
    accepted     integer          NOT NULL,
    closed       integer          NOT NULL,
    urgent       integer          NOT NULL,
    unfounded    integer          NOT NULL,
    PRIMARY KEY (unit_id, month, child_id, subject_area, source_roles)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- What each unit is told of, month by month, in the same counts: by where tips are now, as CountTips counts them (ADR 047). A tip that
-- is concealed from other units than another is has a row of its own, which a reading leaves out.
CREATE TABLE tip_series (
    unit_id        text COLLATE "C" NOT NULL,   -- unit they are about
    subject_area   text COLLATE "C" NOT NULL,
    month          date             NOT NULL,
    channel        text COLLATE "C" NOT NULL,
    handling_id    text COLLATE "C" NOT NULL,   -- unit that handles them, though it may have ended
    concealed_from jsonb            NOT NULL,
    unit_path      ltree            NOT NULL,
    handling_path  ltree            NOT NULL,
    received       integer          NOT NULL,
    returned       integer          NOT NULL,
    urgent         integer          NOT NULL,
    unfounded      integer          NOT NULL,
    PRIMARY KEY (unit_id, subject_area, month, channel, handling_id, concealed_from)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX tip_series_handling ON tip_series USING gist (handling_path);
CREATE INDEX tip_series_unit ON tip_series USING gist (unit_path);

-- What has changed and is not yet added up. It is emptied every second, so that room must be won back in place.
CREATE TABLE tip_deltas (
    delta_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handling_path      ltree   NOT NULL,
    handling_path_then ltree   NOT NULL,
    unit_path          ltree   NOT NULL,
    unit_path_then     ltree   NOT NULL,
    month              date    NOT NULL,
    subject_area       text COLLATE "C" NOT NULL,
    source_roles       jsonb   NOT NULL,
    channel            text COLLATE "C" NOT NULL,
    concealed_from     jsonb   NOT NULL,
    received           integer NOT NULL,
    returned           integer NOT NULL,
    accepted           integer NOT NULL,
    closed             integer NOT NULL,
    urgent             integer NOT NULL,
    unfounded          integer NOT NULL
) WITH (vacuum_truncate = off, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- +goose StatementBegin
-- What one tip counts, by its state: the one definition. A duplicate counts nothing.
CREATE FUNCTION tip_counts(state text, urgent boolean, unfounded boolean)
RETURNS TABLE (received integer, returned integer, accepted integer, closed integer, urgents integer, unfoundeds integer)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (state <> 'TIP_STATE_DUPLICATE')::integer, (state = 'TIP_STATE_RETURNED')::integer,
           (state = 'TIP_STATE_ACCEPTED')::integer, (state = 'TIP_STATE_CLOSED')::integer,
           (urgent AND NOT unfounded AND state NOT IN ('TIP_STATE_RETURNED', 'TIP_STATE_DUPLICATE'))::integer,
           (unfounded AND state <> 'TIP_STATE_DUPLICATE')::integer
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The unit at the end of a path.
CREATE FUNCTION last_of(path ltree) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN ltree2text(subpath(path, -1)) COLLATE "C";
-- +goose StatementEnd

-- +goose StatementBegin
-- The month in which something was received: its first day, in Asia/Shanghai.
CREATE FUNCTION month_of(at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The lines on which a tip counts: two for each unit that it was handled in, the whole and the child towards the unit concerned.
CREATE FUNCTION roll_up_lines(handling ltree, about ltree) RETURNS TABLE (unit_id text, child_id text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT u.id, c.id
    FROM (SELECT string_to_array(ltree2text(about), '.') AS towards) a,
         unnest(string_to_array(ltree2text(handling), '.')) AS u (id),
         LATERAL (VALUES (''), (coalesce(towards[array_position(towards, u.id) + 1], u.id))) AS c (id)
$$;
-- +goose StatementEnd

-- Every tip on all its lines.
CREATE VIEW tip_lines AS
SELECT t.handling_path_then, t.receive_time, l.unit_id, month_of(t.receive_time) AS month,
       l.child_id COLLATE "C" AS child_id, t.subject_area COLLATE "C" AS subject_area, t.source_roles,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds),
     roll_up_lines(t.handling_path_then, t.unit_path_then) AS l (unit_id, child_id);

-- Every delta on all its lines.
CREATE VIEW delta_lines AS
SELECT d.handling_path_then, l.unit_id, d.month, l.child_id COLLATE "C" AS child_id, d.subject_area, d.source_roles,
       d.received, d.returned, d.accepted, d.closed, d.urgent, d.unfounded
FROM tip_deltas d, roll_up_lines(d.handling_path_then, d.unit_path_then) AS l (unit_id, child_id);

-- Tips that are concealed from some unit: what a roll-up takes away for a reader. What is still above the unit it is about
-- counts nowhere that this unit reads, and that is most tips: they stay out. The index finds the few that are concealed from the
-- reader and counted in the unit asked about; a list of pending entries would be read each time.
CREATE VIEW concealed_tips AS
SELECT month_of(t.receive_time) AS month, t.subject_area COLLATE "C" AS subject_area, t.source_roles,
       c.received, c.returned, c.accepted, c.closed, c.urgents AS urgent, c.unfoundeds AS unfounded,
       t.concealed_from, string_to_array(ltree2text(t.handling_path_then), '.') AS counted_in,
       string_to_array(ltree2text(t.unit_path_then), '.') AS towards
FROM tips t, tip_counts(t.state, t.urgent, t.unfounded) AS c (received, returned, accepted, closed, urgents, unfoundeds)
WHERE t.concealed_from <> '[]'
  AND (t.handling_path_then = t.unit_path_then OR t.concealed_from - ('units/' || t.unit_id) <> '[]'
       OR NOT t.handling_path_then @> t.unit_path_then);
CREATE INDEX tips_concealed ON tips USING gin (concealed_from, string_to_array(ltree2text(handling_path_then), '.'))
    WITH (fastupdate = off)
    WHERE concealed_from <> '[]'
      AND (handling_path_then = unit_path_then OR concealed_from - ('units/' || unit_id) <> '[]'
           OR NOT handling_path_then @> unit_path_then);

-- +goose StatementBegin
-- Notes what new tips add.
CREATE FUNCTION note_new_tips() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tip_deltas (handling_path, handling_path_then, unit_path, unit_path_then, month, subject_area, source_roles, channel,
                            concealed_from, received, returned, accepted, closed, urgent, unfounded)
    SELECT t.handling_path, t.handling_path_then, t.unit_path, t.unit_path_then, month_of(t.receive_time), t.subject_area,
           t.source_roles, t.channel, t.concealed_from, c.*
    FROM added t, tip_counts(t.state, t.urgent, t.unfounded) c;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
-- Notes what changed tips now count, less what they counted before; nothing where that is the same, as where their units move:
-- series go by the unit at the end of a path, and the rest of it follows.
CREATE FUNCTION note_changed_tips() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO tip_deltas (handling_path, handling_path_then, unit_path, unit_path_then, month, subject_area, source_roles, channel,
                            concealed_from, received, returned, accepted, closed, urgent, unfounded)
    SELECT max(t.handling_path::text)::ltree, t.handling_path_then, max(t.unit_path::text)::ltree, t.unit_path_then,
           month_of(t.receive_time), t.subject_area, t.source_roles, t.channel, t.concealed_from,
           sum(sign * c.received), sum(sign * c.returned), sum(sign * c.accepted),
           sum(sign * c.closed), sum(sign * c.urgents), sum(sign * c.unfoundeds)
    FROM (SELECT 1 AS sign, * FROM added UNION ALL SELECT -1, * FROM removed) t, tip_counts(t.state, t.urgent, t.unfounded) c
    GROUP BY last_of(t.handling_path), last_of(t.unit_path), 2, 4, 5, 6, 7, 8, 9
    HAVING (sum(sign * c.received), sum(sign * c.returned), sum(sign * c.accepted),
            sum(sign * c.closed), sum(sign * c.urgents), sum(sign * c.unfoundeds)) <> (0, 0, 0, 0, 0, 0);
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- In the database and not in Go: whatever stores a tip, one or a thousand, can't forget to count it.
CREATE TRIGGER note_new_tips AFTER INSERT ON tips
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_new_tips();
CREATE TRIGGER note_changed_tips AFTER UPDATE ON tips
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION note_changed_tips();

-- +goose StatementBegin
-- Counts everything anew, for operators; tips wait meanwhile, readings don't. Tips that count on the same lines are counted
-- together before they are spread over the units above.
CREATE FUNCTION rebuild_roll_ups() RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    LOCK TABLE tips IN SHARE MODE;
    DELETE FROM tip_deltas;
    DELETE FROM roll_ups;
    DELETE FROM tip_series;
    INSERT INTO roll_ups (unit_id, month, child_id, subject_area, source_roles,
                          received, returned, accepted, closed, urgent, unfounded)
    SELECT l.unit_id, t.month, l.child_id, t.subject_area, t.source_roles,
           sum(t.received), sum(t.returned), sum(t.accepted), sum(t.closed), sum(t.urgent), sum(t.unfounded)
    FROM (SELECT handling_path_then, unit_path_then, month_of(receive_time) AS month, subject_area, source_roles,
                 sum(c.received) AS received, sum(c.returned) AS returned, sum(c.accepted) AS accepted,
                 sum(c.closed) AS closed, sum(c.urgents) AS urgent, sum(c.unfoundeds) AS unfounded
          FROM tips, tip_counts(state, urgent, unfounded) c
          GROUP BY 1, 2, 3, 4, 5) t,
         roll_up_lines(t.handling_path_then, t.unit_path_then) l
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3, 4, 5; -- so that what is read together lies together
    INSERT INTO tip_series (unit_id, subject_area, month, channel, handling_id, concealed_from, unit_path, handling_path,
                            received, returned, urgent, unfounded)
    SELECT last_of(unit_path), subject_area, month_of(receive_time), channel, last_of(handling_path), concealed_from,
           max(unit_path::text)::ltree, max(handling_path::text)::ltree,
           sum(c.received), sum(c.returned), sum(c.urgents), sum(c.unfoundeds)
    FROM tips, tip_counts(state, urgent, unfounded) c
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY 1, 2, 3, 4, 5;
$$;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER note_new_tips ON tips;
DROP TRIGGER note_changed_tips ON tips;
DROP FUNCTION note_new_tips, note_changed_tips, rebuild_roll_ups;
DROP INDEX tips_concealed;
DROP VIEW concealed_tips, tip_lines, delta_lines;
DROP FUNCTION tip_counts, last_of, month_of, roll_up_lines;
DROP TABLE tip_deltas, tip_series, roll_ups;
