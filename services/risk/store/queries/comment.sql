-- name: CommentByReceipt :one
SELECT body FROM comments WHERE receipt_hash = ANY (@hashes::text[]);

-- name: CountOpenFromPublic :one
-- Those that staff have entered take no room from the public.
SELECT count(*) FROM comments
WHERE publication = @publication AND state = 'COMMENT_STATE_RECEIVED' AND NOT coalesce((body -> 'registered')::boolean, false);

-- name: CountOpenComments :one
SELECT count(*) FROM comments WHERE publication = @publication AND state = 'COMMENT_STATE_RECEIVED';

-- name: PublishedVersion :one
-- Which version a publication holds of an entry, and the unit and its path that the entry has.
SELECT e.version, (v.body ->> 'unit')::text AS unit, v.unit_path
FROM publication_entries e
JOIN register_versions v ON v.collection = @collection::text AND v.region = e.entry_region AND v.key = e.entry_key
                        AND v.version = e.version
WHERE e.region = @region AND e.key = @key AND e.entry_region = @entry_region AND e.entry_key = @entry_key;
