-- The partitions of plays, the oldest first: play_2026_11_24.
SELECT c.relname AS name
FROM pg_inherits AS i
INNER JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE i.inhparent = 'play'::regclass
ORDER BY c.relname
LIMIT 1
