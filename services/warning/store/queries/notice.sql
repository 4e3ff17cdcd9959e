-- name: NextNoticeNumber :one
-- The next number of a region and year; concurrent notices of the same wait for each other.
INSERT INTO notice_numbers (region, year, last) VALUES (@region, @year, 1)
ON CONFLICT (region, year) DO UPDATE SET last = notice_numbers.last + 1
RETURNING last;
