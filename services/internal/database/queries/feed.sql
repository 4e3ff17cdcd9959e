-- name: GetFeedPosition :one
-- The position of the last event that was handled; none before the first.
SELECT coalesce(max(position), '')::text FROM feed_positions WHERE feed = @feed;

-- name: SetFeedPosition :exec
INSERT INTO feed_positions (feed, position) VALUES (@feed, @position)
ON CONFLICT (feed) DO UPDATE SET position = excluded.position;
