-- +goose Up

-- The texts of a JSON list, sorted.
CREATE FUNCTION texts_of(list jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT t FROM jsonb_array_elements_text(list) AS t ORDER BY t COLLATE "C");

-- Officers, from their appointment to the end of their office and after. A term without a last day ends after all others.
CREATE TABLE officers (
    region          text        NOT NULL,
    key             text        NOT NULL,
    unit_path       ltree       NOT NULL,
    create_time     timestamptz NOT NULL,
    revision        bigint      NOT NULL DEFAULT 1,
    body            jsonb       NOT NULL,
    unit_id         text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'unit', '/', 2)) STORED,
    appointing_id   text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'appointingUnit', '/', 2)) STORED,
    type            text        NOT NULL GENERATED ALWAYS AS (body ->> 'type') STORED,
    state           text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    term_from       date        NOT NULL GENERATED ALWAYS AS (date_of(body ->> 'termFrom')) STORED,
    term_to         date        NOT NULL GENERATED ALWAYS AS (coalesce(date_of(body ->> 'termTo'), '9999-12-31')) STORED,
    ended_on        date        NOT NULL GENERATED ALWAYS AS (coalesce(date_of(body ->> 'endedOn'), '9999-12-31')) STORED,
    term_notice_on  date        GENERATED ALWAYS AS (date_of(body ->> 'termNoticeOn')) STORED,
    max_in_office   integer     GENERATED ALWAYS AS ((body ->> 'maxInOffice')::integer) STORED,
    last_contact_on date        NOT NULL GENERATED ALWAYS AS (coalesce(date_of(body ->> 'lastContactOn'), '-infinity')) STORED,
    other_roles     text[]      NOT NULL GENERATED ALWAYS AS (texts_of(body -> 'otherRoles')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX officers_listed ON officers (unit_path, key);
CREATE INDEX officers_unit ON officers USING gist (unit_path);
CREATE INDEX officers_served ON officers (unit_id, state, type);
CREATE INDEX officers_appointed ON officers (appointing_id, key);
CREATE INDEX officers_ending ON officers (term_to) WHERE state = 'OFFICER_STATE_IN_OFFICE';
CREATE INDEX officers_beginning ON officers (term_from) WHERE state = 'OFFICER_STATE_APPOINTED';
CREATE INDEX officers_noticed ON officers (term_notice_on) WHERE state = 'OFFICER_STATE_IN_OFFICE';
CREATE INDEX officers_roles ON officers (unit_path, other_roles) WHERE state = 'OFFICER_STATE_IN_OFFICE' AND other_roles <> '{}';
CREATE INDEX officers_limited ON officers (unit_id) WHERE state = 'OFFICER_STATE_IN_OFFICE' AND max_in_office IS NOT NULL;

-- What was done about an officer.
CREATE TABLE officer_events (
    region      text  NOT NULL,
    officer_key text  NOT NULL,
    event_key   text  NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (region, officer_key, event_key)
);

-- Contacts that units kept with their officers.
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

-- +goose Down
DROP TABLE officer_contacts, officer_events, officers;
DROP FUNCTION texts_of;
