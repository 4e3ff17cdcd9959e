-- +goose Up

-- Likeness of texts, for suggesting duplicates. It comes with PostgreSQL and needs no superuser.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

-- The day of a time written as JSON, in Asia/Shanghai.
-- +goose StatementBegin
CREATE FUNCTION day_of(at text) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (at::timestamptz AT TIME ZONE 'Asia/Shanghai')::date $$;
-- +goose StatementEnd

-- A unit, by its name, and the month of a day.
CREATE FUNCTION unit_month(unit text, day date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN unit || ' ' || extract(year FROM day) || '-' || extract(month FROM day);

-- +goose StatementBegin
-- The unit that sent a tip as such: for which it was sent, else whose staff entered it for another to handle, save about its
-- leaders.
CREATE FUNCTION sender_of(body jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(body ->> 'sendingUnit', CASE
        WHEN (body #>> '{content,aboutLeaders}')::boolean AND body #>> '{content,unit}' = body #>> '{registration,unit}' THEN ''
        ELSE nullif(body #>> '{registration,unit}', body ->> 'firstUnit') END, '')
$$;
-- +goose StatementEnd

-- The day on which a question was last answered.
CREATE FUNCTION answered_on(body jsonb) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT max(day_of(q ->> 'answerTime')) FROM jsonb_path_query(body, '$.questions[*]') AS q);

-- Units that a tip was passed on to, and the months.
CREATE FUNCTION referred_in(body jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT array_agg(unit_month(r ->> 'toUnit', day_of(r ->> 'referTime')))
        FROM jsonb_path_query(body, '$.referrals[*]') AS r);

-- Units and months in which reports may count a tip: where it came, was sent and was closed, whichever unit has it now. As an
-- expression, since it is computed for each tip that is taken in.
CREATE FUNCTION counted_in(body jsonb, receive_time timestamptz, close_time timestamptz) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[
    unit_month(body ->> 'firstUnit', (receive_time AT TIME ZONE 'Asia/Shanghai')::date),
    unit_month(nullif(sender_of(body), ''), (receive_time AT TIME ZONE 'Asia/Shanghai')::date),
    unit_month(body ->> 'handlingUnit', (close_time AT TIME ZONE 'Asia/Shanghai')::date)
] || CASE WHEN body ? 'referrals' THEN referred_in(body) END;

-- +goose StatementBegin
-- Whether what came to a unit, by its name, at a time came to another or below it.
CREATE FUNCTION came_below(unit text, top text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT top = ANY (string_to_array(ltree2text(
        path_on(split_part(unit, '/', 2), (at AT TIME ZONE 'Asia/Shanghai')::date)), '.'))
$$;
-- +goose StatementEnd

-- Units that must not see a tip, "units/…": those that stepped aside, those above the one it is about whose leaders it names, and that one
-- where it is about its leaders or did not come to it. What a unit sent as such about itself it knows, but for what is about its leaders.
CREATE FUNCTION tip_concealed_from(body jsonb, from_sender boolean) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN coalesce((body #>> '{content,aboutLeaders}')::boolean, false)
                  OR NOT from_sender AND body ->> 'firstUnit' IS DISTINCT FROM body #>> '{content,unit}'
             THEN jsonb_path_query_array(body, '$.content.unit') ELSE '[]' END)
    || jsonb_path_query_array(body, '$.unitsNamed[*]')
    || jsonb_path_query_array(body, '$.referrals[*] ? (@.recused == true).fromUnit');

-- Tips; who sent them stands apart. Where a tip counts, in the units from the root to the one that handled it, is kept as the
-- tree was when it was received or passed on: a unit that moves later takes nothing along and leaves nothing out.
CREATE TABLE tips (
    region             text        NOT NULL,
    tip_key            text        NOT NULL,
    handling_path      ltree       NOT NULL,    -- path of the unit that handles it: who reaches that may read it
    handling_path_then ltree       NOT NULL,
    unit_id            text        NOT NULL,    -- unit it is about
    unit_path          ltree       NOT NULL,
    unit_path_then     ltree       NOT NULL,
    subject_area       text        NOT NULL,
    urgent             boolean     NOT NULL,
    state              text        NOT NULL,
    returns            smallint    NOT NULL DEFAULT 0,
    unfounded          boolean     NOT NULL DEFAULT false,   -- closed with an outcome that finds it unfounded
    receive_time       timestamptz NOT NULL,    -- beginning of the day
    close_time         timestamptz,
    receipt_hash       bytea       NOT NULL,
    revision           bigint      NOT NULL DEFAULT 1,
    body               jsonb       NOT NULL,
    channel            text        NOT NULL GENERATED ALWAYS AS (coalesce(body #>> '{content,channel}', '')) STORED,
    source_roles       jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'sourceRoles', '[]')) STORED,
    -- Unit among whose officers its sender is sought: for which it was sent, else to which it came first.
    source_unit_id     text        NOT NULL GENERATED ALWAYS AS (
        split_part(coalesce(body ->> 'sendingUnit', body ->> 'firstUnit', ''), '/', 2)) STORED,
    sending_unit       text        NOT NULL GENERATED ALWAYS AS (sender_of(body)) STORED,
    counted_in         text[]      GENERATED ALWAYS AS (counted_in(body, receive_time, close_time)) STORED,
    -- Day, in Asia/Shanghai, on which it was passed on last.
    refer_on           date        GENERATED ALWAYS AS (day_of(body #>> '{referrals,-1,referTime}')) STORED,
    -- Day on which it came again after it was sent back, the last time.
    resubmit_on        date        GENERATED ALWAYS AS (day_of(body #>> '{returns,-1,resubmitTime}')) STORED,
    duplicate_of       text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'duplicateOf', '')) STORED,
    -- Day on which its sender last answered a question.
    answer_on          date        GENERATED ALWAYS AS (CASE WHEN body ? 'questions' THEN answered_on(body) END) STORED,
    -- The day by which it is to be accepted or closed, or, sent back, to come again.
    due_on             date        GENERATED ALWAYS AS (date_of(CASE state
        WHEN 'TIP_STATE_RECEIVED' THEN body #>> '{acceptBy,due}'
        WHEN 'TIP_STATE_RETURNED' THEN body #>> '{returns,-1,resubmitBy,due}'
        WHEN 'TIP_STATE_ACCEPTED' THEN body #>> '{closeBy,deadline,due}' END)) STORED,
    -- The day on which whoever owes that is reminded.
    remind_on          date        GENERATED ALWAYS AS (date_of(CASE state
        WHEN 'TIP_STATE_RECEIVED' THEN body #>> '{acceptBy,remindOn}'
        WHEN 'TIP_STATE_RETURNED' THEN body #>> '{returns,-1,resubmitBy,remindOn}'
        WHEN 'TIP_STATE_ACCEPTED' THEN body #>> '{closeBy,deadline,remindOn}' END)) STORED,
    -- Whatever lists or counts leaves out the same (C8).
    concealed_from     jsonb       NOT NULL GENERATED ALWAYS AS (tip_concealed_from(body, false)) STORED,
    PRIMARY KEY (region, tip_key)
);
CREATE UNIQUE INDEX tips_receipt ON tips (region, receipt_hash);
CREATE INDEX tips_newest ON tips (tip_key);
CREATE INDEX tips_state ON tips (state, tip_key);
CREATE INDEX tips_about ON tips (unit_id, tip_key);
CREATE INDEX tips_channel ON tips (channel, tip_key);
CREATE INDEX tips_roles ON tips USING gin (source_roles) WHERE source_roles <> '[]';
CREATE INDEX tips_counted ON tips USING gin (counted_in);
CREATE INDEX tips_resubmitted ON tips (resubmit_on) WHERE resubmit_on IS NOT NULL;
CREATE INDEX tips_answered ON tips (answer_on) WHERE answer_on IS NOT NULL;
CREATE INDEX tips_urgent ON tips (tip_key) WHERE urgent;
CREATE INDEX tips_due ON tips (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX tips_remind ON tips (remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX tips_duplicates ON tips (region, duplicate_of) WHERE duplicate_of <> '';
CREATE INDEX tips_handling ON tips USING gist (handling_path);
CREATE INDEX tips_unit ON tips USING gist (unit_path);
CREATE INDEX tips_received ON tips (receive_time);
CREATE INDEX tips_closed ON tips (close_time) WHERE close_time IS NOT NULL;

-- Who sent a tip, sealed to the key of the instance. Nothing that lists, counts or exports reads this table.
CREATE TABLE tip_sources (
    region  text  NOT NULL,
    tip_key text  NOT NULL,
    sealed  bytea NOT NULL,
    PRIMARY KEY (region, tip_key)
);

-- +goose Down
DROP TABLE tip_sources, tips;
DROP FUNCTION tip_concealed_from, came_below, counted_in, referred_in, answered_on, sender_of, unit_month, day_of;
