-- +goose Up

-- What units refer to the departments that are competent for it (C13, C17).
CREATE TABLE referrals (
    region          text        NOT NULL,
    key             text        NOT NULL,
    unit_path       ltree       NOT NULL,     -- of the unit that refers
    department_path ltree       NOT NULL,
    create_time     timestamptz NOT NULL,
    revision        bigint      NOT NULL DEFAULT 1,
    body            jsonb       NOT NULL,
    department_id   text        NOT NULL GENERATED ALWAYS AS (split_part(body ->> 'department', '/', 2)) STORED,
    findings        jsonb       NOT NULL GENERATED ALWAYS AS (coalesce(body -> 'findings', '[]')) STORED,
    kind            text        NOT NULL GENERATED ALWAYS AS (body ->> 'kind') STORED,
    state           text        NOT NULL GENERATED ALWAYS AS (body ->> 'state') STORED,
    sent            boolean     NOT NULL GENERATED ALWAYS AS (body ? 'sentOn') STORED,
    owed_on         date        GENERATED ALWAYS AS (
        CASE WHEN body ->> 'state' IN ('REFERRAL_STATE_SENT', 'REFERRAL_STATE_AGREED') THEN date_of(body ->> 'dueOn') END) STORED,
    remind_on       date        GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    PRIMARY KEY (region, key)
);
CREATE INDEX referrals_newest ON referrals (key);
CREATE INDEX referrals_unit ON referrals USING gist (unit_path);
CREATE INDEX referrals_department_tree ON referrals USING gist (department_path);
CREATE INDEX referrals_department ON referrals (department_id, key);
CREATE INDEX referrals_kind ON referrals (kind, key);
CREATE INDEX referrals_findings ON referrals USING gin (findings jsonb_path_ops);
CREATE INDEX referrals_owed ON referrals (owed_on) WHERE owed_on IS NOT NULL;
CREATE INDEX referrals_remind ON referrals (remind_on) WHERE remind_on IS NOT NULL;

-- Whether the problem recurs.
ALTER TABLE findings ADD COLUMN recurring boolean NOT NULL GENERATED ALWAYS AS (body ? 'recurring') STORED;
CREATE INDEX findings_recurring ON findings (key) WHERE recurring;

-- +goose Down
ALTER TABLE findings DROP COLUMN recurring;
DROP TABLE referrals;
