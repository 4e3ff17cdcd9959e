-- Series of months of every township and area: half of them are empty, one in ten has a tip in most months, the others one in 20 months. One in a
-- thousand jumps in the last month.
INSERT INTO network.tip_series (unit_id, subject_area, month, channel, handling_id, concealed_from, unit_path, handling_path,
                                received, returned, urgent, unfounded)
SELECT u.unit_id, 'a' || area, date_trunc('month', $2::date)::date - back * interval '1 month', 'web', subpath(u.path, 3, 1)::text, '[]',
       u.path, subpath(u.path, 0, 4), 1 + h % 1000 / 900 + CASE WHEN jumps THEN 8 ELSE 0 END, 0, 0, 0
FROM (SELECT * FROM network.units WHERE valid_to = '9999-12-31' AND nlevel(path) = 5) u,
     generate_series(0, 5) area, generate_series(0, $1::int - 1) back,
     LATERAL (SELECT hashtextextended(u.unit_id || area, 0) & 65535 AS rate,
                     hashtextextended(u.unit_id || area || '-' || back, 0) & 9223372036854775807 AS h) d,
     LATERAL (SELECT rate / 10 % 1000 = 0 AND back = 0 AS jumps) j
WHERE jumps OR h / 1000 % 100 < CASE WHEN rate % 10 < 5 THEN 0 WHEN rate % 10 = 9 THEN 60 ELSE 5 END
ORDER BY 1, 2, 3;
