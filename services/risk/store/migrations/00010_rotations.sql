-- +goose Up

-- The first day of who holds a position on a day, by its body: until somebody else has held it, the time goes on.
CREATE FUNCTION held_since(body jsonb, day text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT min(h ->> 'from') FROM jsonb_array_elements($1 -> 'holders') AS h
    WHERE h ->> 'person' = holder_on($1, $2) AND h ->> 'from' <= $2
      AND NOT EXISTS (SELECT FROM jsonb_array_elements($1 -> 'holders') AS o
                      WHERE o ->> 'person' <> h ->> 'person' AND o ->> 'from' BETWEEN h ->> 'from' AND $2)
$$;

-- When who holds a position on a day, by its body, is due to leave it under a rule; null where nobody holds it.
CREATE FUNCTION due_under(body jsonb, day text, rule jsonb) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (date_of(held_since(body, day)) + make_interval(months => (rule -> 'months')::integer))::date;

-- Holders of positions who are due to leave them (T10), once for each time in a position.
CREATE TABLE rotations (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    position    text        NOT NULL GENERATED ALWAYS AS (body ->> 'position') STORED,
    person      text        NOT NULL GENERATED ALWAYS AS (body #>> '{holderDue,incumbent,person}') STORED,
    since       text        NOT NULL GENERATED ALWAYS AS (body #>> '{holderDue,since}') STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    ended       boolean     NOT NULL GENERATED ALWAYS AS (body ? 'endedOn') STORED,
    due_on      date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on   date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX rotations_listed ON rotations (unit_path, key);
CREATE INDEX rotations_unit ON rotations USING gist (unit_path);
CREATE INDEX rotations_state ON rotations (state, unit_path, key);
CREATE INDEX rotations_open ON rotations (unit_path, key) WHERE NOT ended;
CREATE INDEX rotations_position ON rotations (position, unit_path, key);
CREATE INDEX rotations_remind ON rotations (remind_on) WHERE remind_on IS NOT NULL;
CREATE UNIQUE INDEX rotations_once ON rotations (position, person, since) WHERE NOT ended;

-- +goose Down
DROP TABLE rotations;
DROP FUNCTION due_under, held_since;
