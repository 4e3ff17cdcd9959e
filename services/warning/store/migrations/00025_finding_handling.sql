-- +goose Up

-- What has become of findings (C15). A finding that was passed up is handled so many units above the one that acts for its finder.
ALTER TABLE findings
    ADD COLUMN state            text    NOT NULL GENERATED ALWAYS AS (coalesce(body ->> 'state', 'FINDING_STATE_OPEN')) STORED,
    ADD COLUMN levels_up        integer NOT NULL GENERATED ALWAYS AS (coalesce((body ->> 'levelsUp')::integer, 0)) STORED,
    ADD COLUMN due_on           date    GENERATED ALWAYS AS (date_of(body ->> 'dueOn')) STORED,
    ADD COLUMN remind_on        date    GENERATED ALWAYS AS (date_of(body ->> 'remindOn')) STORED,
    ADD COLUMN first_due_on     date    GENERATED ALWAYS AS (date_of(body ->> 'firstDueOn')) STORED,
    ADD COLUMN first_handled_on date    GENERATED ALWAYS AS (date_of(body ->> 'firstHandledOn')) STORED;
CREATE INDEX findings_to_handle ON findings (key) WHERE state IN ('FINDING_STATE_OPEN', 'FINDING_STATE_PASSED_UP');
CREATE INDEX findings_state ON findings (state, key);
CREATE INDEX findings_due ON findings (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX findings_remind ON findings (remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX findings_first_due ON findings (unit_id, first_due_on) WHERE first_due_on IS NOT NULL;

-- The path of the unit that handles a finding, given that of its finder.
CREATE FUNCTION handling_path(path ltree, levels_up integer) RETURNS ltree
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT subpath(a, 0, greatest(nlevel(a) - $2, 1)) FROM acting_path($1) AS a
$$;

-- +goose Down
DROP FUNCTION handling_path;
ALTER TABLE findings
    DROP COLUMN state, DROP COLUMN levels_up, DROP COLUMN due_on, DROP COLUMN remind_on, DROP COLUMN first_due_on,
    DROP COLUMN first_handled_on;
