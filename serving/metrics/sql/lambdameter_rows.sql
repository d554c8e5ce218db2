-- An estimate, kept by PostgreSQL: counting a large table at every scrape is dear. A table of no stream alone has
-- an empty topic.
SELECT coalesce(declared.topic, '') AS topic, relname AS table, n_live_tup AS value
FROM pg_stat_user_tables
LEFT JOIN unnest(%(declared)s::text[], %(topics)s::text[]) AS declared (name, topic) ON declared.name = relname
WHERE schemaname = 'public' AND (relname = any(%(tables)s) OR declared.name IS NOT NULL)
ORDER BY relname
