INSERT INTO hour_correction (topic, hour, revision, type, key_id, old, new, why)
SELECT %(topic)s, %(hour)s, %(revision)s, %(type)s, coalesce(was.key, now_is.key),
       coalesce(was.value, 0), coalesce(now_is.value, 0), %(why)s
FROM (SELECT {key} AS key, {value} AS value FROM {table} WHERE {of_cut} AND {window} = %(hour)s) AS was
FULL JOIN (SELECT {key} AS key, {value} AS value FROM {incoming} WHERE {of_cut}) AS now_is
    ON was.key = now_is.key
WHERE was.value IS DISTINCT FROM now_is.value
