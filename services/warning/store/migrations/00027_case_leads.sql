-- +goose Up

-- Case leads that units hand over, each with its chain of custody (C17).
CREATE TABLE case_leads (
    region       text        NOT NULL,
    key          text        NOT NULL,
    unit_path    ltree       NOT NULL,     -- of the unit that opened it
    holder_path  ltree       NOT NULL,     -- of the unit that took it over last
    offered_path ltree       NOT NULL,     -- of the unit that it is offered to; where it is not, of the holder
    about_path   ltree       NOT NULL,     -- of the unit that it is about, which reads nothing of it
    create_time  timestamptz NOT NULL,
    revision     bigint      NOT NULL DEFAULT 1,
    body         jsonb       NOT NULL,
    about_id     text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'about', '/', 2)) STORED,
    kind         text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state        text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    finding      text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'finding', '')) STORED,
    warning      text        NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'warning', '')) STORED,
    due_on       date        GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    remind_on    date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX case_leads_newest ON case_leads (key);
CREATE INDEX case_leads_unit ON case_leads USING gist (unit_path);
CREATE INDEX case_leads_holder ON case_leads USING gist (holder_path);
CREATE INDEX case_leads_offered ON case_leads USING gist (offered_path);
CREATE INDEX case_leads_about_tree ON case_leads USING gist (about_path);
CREATE INDEX case_leads_about ON case_leads (about_id, key);
CREATE INDEX case_leads_kind ON case_leads (kind, key);
CREATE INDEX case_leads_finding ON case_leads (finding) WHERE finding <> '';
CREATE INDEX case_leads_due ON case_leads (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX case_leads_remind ON case_leads (remind_on) WHERE remind_on IS NOT NULL;
-- A warning leads to one case.
CREATE UNIQUE INDEX case_leads_warning ON case_leads (warning) WHERE warning <> '' AND state <> 'CASE_LEAD_STATE_WITHDRAWN';

-- What they say: age files, sealed to the key of case leads.
CREATE TABLE case_lead_contents (
    region text  NOT NULL,
    key    text  NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (region, key)
);

-- +goose Down
DROP TABLE case_lead_contents;
DROP TABLE case_leads;
