-- +goose Up

-- What the register says of units with all below them (C12, T6). Each query is a run of paths in an index for each unit asked about.
ALTER TABLE risk_point_versions
    ADD COLUMN causes text[] NOT NULL GENERATED ALWAYS AS (strings_of(body -> 'causes')) STORED;
CREATE INDEX risk_point_versions_in_force ON risk_point_versions (unit_path, grade) INCLUDE (region, key, causes)
    WHERE replaced_on = 'infinity';
CREATE INDEX controls_kept ON controls (risk_point) WHERE NOT given_up;
CREATE INDEX deficiencies_open ON deficiencies (unit_path, kind) INCLUDE (source)
    WHERE state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_CORRECTED', 'DEFICIENCY_STATE_RETURNED');

-- Of these, those that a position of another unit answers for, with where that stands: they are of that unit as well.
CREATE INDEX deficiencies_elsewhere ON deficiencies (region, key)
    WHERE state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_CORRECTED', 'DEFICIENCY_STATE_RETURNED')
      AND body ->> 'ownerUnit' <> body ->> 'unit';
CREATE VIEW answered_elsewhere AS
SELECT d.kind, d.source, d.state, d.due_on, d.unit_path, p.unit_path AS owner_path
FROM deficiencies d
JOIN positions p ON p.region = region_of(d.body #>> '{owner,position}') AND p.key = key_of(d.body #>> '{owner,position}')
WHERE d.state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_CORRECTED', 'DEFICIENCY_STATE_RETURNED')
  AND d.body ->> 'ownerUnit' <> d.body ->> 'unit';

-- What is owed by a day, as the lists of what is overdue find it. Who files a deficiency is looked up besides (judging_unit).
CREATE VIEW owed_records AS
SELECT 'controls'::text AS sort, unit_path, due_on FROM controls
WHERE state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED') AND duty IS NULL
UNION ALL
SELECT 'duties', unit_path, due_on FROM controls
WHERE state IN ('CONTROL_STATE_PLANNED', 'CONTROL_STATE_RETURNED') AND duty IS NOT NULL
UNION ALL
SELECT 'deficiencies', unit_path, due_on FROM deficiencies WHERE state IN ('DEFICIENCY_STATE_OPEN', 'DEFICIENCY_STATE_RETURNED')
UNION ALL
SELECT 'redos', unit_path, due_on FROM redos WHERE state = 'REDO_STATE_ORDERED'
UNION ALL
SELECT 'checks', unit_path, due_on FROM checks WHERE state IN ('CHECK_STATE_PLANNED', 'CHECK_STATE_FOUND')
UNION ALL
SELECT 'decisions', unit_path, due_on FROM decisions WHERE state = 'DECISION_STATE_ADOPTED'
UNION ALL
SELECT 'rotations', unit_path, due_on FROM rotations WHERE NOT ended
UNION ALL
SELECT 'openness', unit_path, due_on FROM openness_items WHERE state = 'OPENNESS_STATE_DUE'
UNION ALL
SELECT 'comments', unit_path, due_on FROM comments WHERE state = 'COMMENT_STATE_RECEIVED'
UNION ALL
SELECT 'commitments', unit_path, due_on FROM commitments WHERE state = 'COMMITMENT_STATE_OPEN'
UNION ALL
SELECT 'filings', unit_path, file_by FROM decisions WHERE unfiled
UNION ALL
SELECT 'filings', unit_path, file_by FROM checks WHERE unfiled
UNION ALL
SELECT 'filings', unit_path, file_by FROM publications WHERE unfiled;

-- +goose Down
DROP VIEW owed_records, answered_elsewhere;
DROP INDEX deficiencies_elsewhere, deficiencies_open, controls_kept, risk_point_versions_in_force;
ALTER TABLE risk_point_versions DROP COLUMN causes;
