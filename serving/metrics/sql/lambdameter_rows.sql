-- An estimate, kept by PostgreSQL: counting a large table at every scrape is dear.
SELECT relname AS table, n_live_tup AS value
FROM pg_stat_user_tables
WHERE schemaname = 'public' AND relname = any(%(tables)s)
ORDER BY relname
