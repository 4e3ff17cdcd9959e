-- +goose Up

-- What is public no longer ends by itself (J6, T4, T22), once nothing that was objected to waits for an answer.
ALTER TABLE publications ADD COLUMN public_until date GENERATED ALWAYS AS (date_of(body #>> '{publicUntil,due}')) STORED;
CREATE INDEX publications_public_until ON publications (public_until)
    WHERE state = 'PUBLICATION_STATE_PUBLICISED' AND public_until IS NOT NULL;

-- Which risk points upheld objections have graded anew, wherever they were said.
CREATE INDEX comments_regraded ON comments ((body ->> 'entry')) WHERE body ? 'regradedVersion';

-- +goose Down
DROP INDEX comments_regraded;
DROP INDEX publications_public_until;
ALTER TABLE publications DROP COLUMN public_until;
