SELECT revision, type, key_id, old, new, corrected_at, why
FROM hour_correction
WHERE topic = %(topic)s AND hour = %(hour)s
ORDER BY corrected_at DESC, type DESC, key_id
LIMIT %(limit)s
