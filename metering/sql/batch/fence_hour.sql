UPDATE hour_state
SET published_generation = %(sealed)s,
    revision = revision + 1,
    events = %(events)s,
    duplicates = %(duplicates)s,
    conflicts = %(conflicts)s,
    first_arrival = %(first_arrival)s,
    published_at = now(),
    failed = ''
WHERE topic = %(topic)s AND hour = %(hour)s
  AND revision = %(revision)s AND published_generation <= %(sealed)s
  -- Finality moves without a revision, and with it what the hour's quotas are.
  AND final = %(final)s
