SELECT coalesce(sum(revision), 0), count(*)
FROM hour_state
WHERE topic = %(topic)s AND published_generation > 0
