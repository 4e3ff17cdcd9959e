-- +goose Up

-- Units that must not see a tip, "units/…": the one whose leaders it is about, and those that stepped aside. Taken from the tip
-- itself, so that whatever lists or counts leaves out the same (C8).
ALTER TABLE tips ADD COLUMN concealed_from jsonb NOT NULL GENERATED ALWAYS AS (
    jsonb_path_query_array(body, '$.content ? (@.aboutLeaders == true).unit')
    || jsonb_path_query_array(body, '$.referrals[*] ? (@.recused == true).fromUnit')) STORED;

CREATE INDEX unit_ends_heir ON unit_ends (heir_id);   -- what a unit came from

-- +goose Down
DROP INDEX unit_ends_heir;
ALTER TABLE tips DROP COLUMN concealed_from;
