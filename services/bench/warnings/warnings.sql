-- Warnings are made from numbers after one that the suite issued: which township has one follows from its own. Nineteen of twenty are
-- closed.

CREATE TEMPORARY TABLE places AS
SELECT row_number() OVER (ORDER BY path) - 1 AS n, unit_id, region, path FROM network.units
WHERE valid_to = '9999-12-31' AND nlevel(path) = 5;

CREATE UNIQUE INDEX ON places (n);

ANALYZE places;

CREATE TEMPORARY TABLE made AS
SELECT i, p.region, lpad(to_hex(i), 32, '0') AS key, p.path, p.unit_id, i % 20 = 0 AS open
FROM generate_series(1::bigint, :warnings) i JOIN places p ON p.n = i * 7919 % (SELECT count(*) FROM places);

INSERT INTO warnings (region, key, unit_path, create_time, body, supervising_path, office_title, issuer, issuer_path)
SELECT m.region, m.key, m.path, now() - (:warnings - i) * interval '1 minute',
       CASE WHEN open THEN b.text::jsonb
       ELSE (b.text::jsonb - 'awaited') #- '{addressees,0,awaited}' || '{"state": "WARNING_STATE_CLOSED", "endedOn": "2026-01-05"}' END
       || jsonb_build_object('subjectArea', 'a' || i % 6),
       subpath(m.path, 0, 4), w.office_title, w.issuer, w.issuer_path
FROM made m, (SELECT * FROM warnings LIMIT 1) w,
     LATERAL (SELECT replace(replace(w.body::text, 'warnings/' || w.region || '-' || w.key, 'warnings/' || m.region || '-' || m.key),
                             'units/' || w.unit_id, 'units/' || m.unit_id) AS text) b;

INSERT INTO warning_addressees SELECT region, key, 1, path FROM made;
