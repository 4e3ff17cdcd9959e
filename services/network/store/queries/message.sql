-- name: AddMessages :exec
INSERT INTO messages (region, message_key, unit_id, unit_path, kind, args, resource, once, create_time)
SELECT unnest(@regions::text[]), unnest(@message_keys::text[]), unnest(@unit_ids::text[]), unnest(@unit_paths::text[])::ltree, unnest(@kinds::text[]),
       string_to_array(unnest(@args::text[]), E'\x1f'), unnest(@resources::text[]), unnest(@onces::text[]), @create_time::timestamptz
ON CONFLICT (region, unit_id, once) DO NOTHING;
