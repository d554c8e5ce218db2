INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)
SELECT %(topic)s, %(hour)s, %(revision)s, coalesce(was.cut, now_is.cut), coalesce(was.key, now_is.key),
       coalesce(was.value, 0), coalesce(now_is.value, 0), %(why)s
FROM (SELECT {cut} AS cut, {key} AS key, {value} AS value FROM {table} WHERE {window} = %(hour)s) AS was
FULL JOIN (SELECT {cut} AS cut, {key} AS key, {value} AS value FROM {incoming}) AS now_is
    ON was.cut = now_is.cut AND was.key = now_is.key
WHERE was.value IS DISTINCT FROM now_is.value
