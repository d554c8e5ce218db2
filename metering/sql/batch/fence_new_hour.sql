INSERT INTO hour_state (
    topic, hour, published_generation, revision, events, duplicates, final, conflicts, first_arrival, published_at
)
VALUES (
    %(topic)s, %(hour)s, %(sealed)s, 1, %(events)s, %(duplicates)s, false, %(conflicts)s, %(first_arrival)s, now()
)
ON CONFLICT (topic, hour) DO NOTHING
