-- +goose Up

-- Positions that stand though their units have ended, by when they are to be settled, and when that is reminded of next (T5).
ALTER TABLE positions
    ADD COLUMN unsettled_since date GENERATED ALWAYS AS (date_of(body ->> 'unsettledSince')) STORED,
    ADD COLUMN settle_by date GENERATED ALWAYS AS (date_of(body ->> 'settleBy')) STORED,
    ADD COLUMN settle_remind_on date GENERATED ALWAYS AS (date_of(body ->> 'settleRemindOn')) STORED;
CREATE INDEX positions_unsettled ON positions (unit_path, key) WHERE unsettled_since IS NOT NULL;
CREATE INDEX positions_settle_by ON positions (region, key) WHERE settle_by IS NOT NULL;
CREATE INDEX positions_settle_remind ON positions (settle_remind_on) WHERE settle_remind_on IS NOT NULL;

-- +goose Down
ALTER TABLE positions DROP COLUMN settle_remind_on, DROP COLUMN settle_by, DROP COLUMN unsettled_since;
