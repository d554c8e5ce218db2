-- Versions of the model: the current one, then the newest.
SELECT version, created_at, metrics::text AS metrics, is_current
FROM model_version
ORDER BY is_current DESC, version DESC
LIMIT %(limit)s
