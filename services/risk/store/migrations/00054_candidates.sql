-- +goose Up

-- What is decided about a candidate is found by the appointment, with which it falls (T15).
ALTER TABLE decisions ADD COLUMN appointment text GENERATED ALWAYS AS (body ->> 'appointment') STORED;
CREATE INDEX decisions_appointment ON decisions (appointment) WHERE appointment IS NOT NULL;

-- +goose Down
DROP INDEX decisions_appointment;
ALTER TABLE decisions DROP COLUMN appointment;
