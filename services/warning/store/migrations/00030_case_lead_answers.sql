-- +goose Up

-- The day by which an offer of a case lead is answered, beside that of what comes of it (C17).
ALTER TABLE case_leads ADD COLUMN answer_due_on date GENERATED ALWAYS AS (date_of(body ->> 'answerDueOn')) STORED;
CREATE INDEX case_leads_answer_due ON case_leads (answer_due_on) WHERE answer_due_on IS NOT NULL;

-- +goose Down
ALTER TABLE case_leads DROP COLUMN answer_due_on;
