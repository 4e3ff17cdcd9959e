-- +goose Up

-- What officers are found by. Another migration may have added some of these already.
ALTER TABLE officers
    ADD COLUMN IF NOT EXISTS unit_id         text,
    ADD COLUMN IF NOT EXISTS type            smallint,
    ADD COLUMN IF NOT EXISTS state           smallint,             -- 1: in office
    ADD COLUMN IF NOT EXISTS term_from       date,
    ADD COLUMN IF NOT EXISTS term_to         date,                 -- NULL: open
    ADD COLUMN IF NOT EXISTS ended_on        date,                 -- first day no longer in office
    ADD COLUMN IF NOT EXISTS pledged_on      date,
    ADD COLUMN IF NOT EXISTS last_contact_on date,
    ADD COLUMN IF NOT EXISTS notice_on       date,                 -- day from which the end of the term is told; NULL once told
    ADD COLUMN IF NOT EXISTS appointing_id   text,
    ADD COLUMN IF NOT EXISTS revision        bigint NOT NULL DEFAULT 1;
UPDATE officers SET
    unit_id       = split_part(body ->> 'unit', '/', 2),
    appointing_id = split_part(body ->> 'appointingUnit', '/', 2),
    type          = CASE body ->> 'type' WHEN 'OFFICER_TYPE_REGULAR' THEN 1 WHEN 'OFFICER_TYPE_SPECIAL_INVITED' THEN 2 ELSE 3 END,
    state         = 1,
    term_from     = (body ->> 'termFrom')::date,
    term_to       = nullif(body ->> 'termTo', '')::date,
    pledged_on    = nullif(body ->> 'pledgedOn', '')::date;
ALTER TABLE officers
    ALTER COLUMN unit_id SET NOT NULL, ALTER COLUMN appointing_id SET NOT NULL, ALTER COLUMN type SET NOT NULL,
    ALTER COLUMN state SET NOT NULL, ALTER COLUMN term_from SET NOT NULL;
CREATE INDEX officers_served ON officers (unit_id, state, type);
CREATE INDEX officers_appointed ON officers (appointing_id, officer_key);
CREATE INDEX officers_ending ON officers (term_to) WHERE state = 1;
CREATE INDEX officers_noticed ON officers (notice_on) WHERE state = 1;

-- What was done about an officer.
CREATE TABLE officer_events (
    region      text  NOT NULL,
    officer_key text  NOT NULL,
    event_key   text  NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (region, officer_key, event_key)
);

CREATE TABLE officer_contacts (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,      -- unit that kept the contact
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    officers    jsonb       NOT NULL GENERATED ALWAYS AS (body -> 'officers') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX officer_contacts_newest ON officer_contacts (key);
CREATE INDEX officer_contacts_unit ON officer_contacts USING gist (unit_path);
CREATE INDEX officer_contacts_officers ON officer_contacts USING gin (officers);

CREATE TABLE training_plans (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    year        smallint    NOT NULL GENERATED ALWAYS AS ((body ->> 'year')::smallint) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX training_plans_newest ON training_plans (key);
CREATE INDEX training_plans_unit ON training_plans USING gist (unit_path);

CREATE TABLE training_sessions (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    first_day   text        NOT NULL COLLATE "C" GENERATED ALWAYS AS (body ->> 'firstDay') STORED,
    year        smallint    NOT NULL GENERATED ALWAYS AS (left(body ->> 'firstDay', 4)::smallint) STORED,
    state       text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX training_sessions_newest ON training_sessions (first_day, key);
CREATE INDEX training_sessions_unit ON training_sessions USING gist (unit_path);

CREATE TABLE attendances (
    region         text     NOT NULL,       -- of the officer
    officer_key    text     NOT NULL,
    session_region text     NOT NULL,
    session_key    text     NOT NULL,
    year           smallint NOT NULL,
    day            date     NOT NULL,        -- first day of the session
    state          text     NOT NULL,
    PRIMARY KEY (region, officer_key, session_key)
);
CREATE INDEX attendances_session ON attendances (session_key, officer_key);
CREATE INDEX attendances_year ON attendances (year, region, officer_key, day) WHERE state = 'ATTENDANCE_STATE_ATTENDED';

CREATE TABLE handbooks (
    region      text        NOT NULL,
    key         text        NOT NULL,
    unit_path   ltree       NOT NULL,
    create_time timestamptz NOT NULL,
    revision    bigint      NOT NULL DEFAULT 1,
    body        jsonb       NOT NULL,
    unit        text        NOT NULL GENERATED ALWAYS AS (body ->> 'unit') STORED,
    title       text        NOT NULL GENERATED ALWAYS AS (body ->> 'title') STORED,
    version     text        NOT NULL GENERATED ALWAYS AS (body ->> 'version') STORED,
    PRIMARY KEY (region, key)
);
CREATE UNIQUE INDEX handbooks_version ON handbooks (unit, title, version);
CREATE INDEX handbooks_unit ON handbooks USING gist (unit_path);

CREATE TABLE handbook_receipts (
    region          text NOT NULL,           -- of the officer
    officer_key     text NOT NULL,
    handbook_region text NOT NULL,
    handbook_key    text NOT NULL,
    received_on     date NOT NULL,
    returned_on     date,
    PRIMARY KEY (region, officer_key, handbook_key)
);
CREATE INDEX handbook_receipts_handbook ON handbook_receipts (handbook_key, officer_key);

-- Sums of what the tips of officers were worth. Which tips they are made of is written nowhere.
CREATE TABLE officer_points (
    region        text NOT NULL,
    officer_key   text NOT NULL,
    appointing_id text NOT NULL,
    last_month    date NOT NULL,             -- first day of the last month counted
    body          jsonb NOT NULL,
    PRIMARY KEY (region, officer_key, last_month)
);
CREATE INDEX officer_points_appointed ON officer_points (appointing_id, last_month, officer_key);

-- How far the counting has come, and what is carried over, sealed to the key of the instance: one row.
CREATE TABLE officer_scoring (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    next_month date  NOT NULL,               -- first month not yet counted
    carried    bytea NOT NULL
);

-- +goose Down
DROP TABLE officer_scoring, officer_points, handbook_receipts, handbooks, attendances, training_sessions, training_plans,
    officer_contacts, officer_events;
DROP INDEX officers_served, officers_appointed, officers_ending, officers_noticed;
ALTER TABLE officers
    DROP COLUMN IF EXISTS unit_id, DROP COLUMN IF EXISTS type, DROP COLUMN IF EXISTS state, DROP COLUMN IF EXISTS term_from,
    DROP COLUMN IF EXISTS term_to, DROP COLUMN IF EXISTS ended_on, DROP COLUMN IF EXISTS pledged_on,
    DROP COLUMN IF EXISTS last_contact_on, DROP COLUMN IF EXISTS notice_on, DROP COLUMN IF EXISTS appointing_id,
    DROP COLUMN IF EXISTS revision;
