-- Plays by step of time, and by the values of one facet where it is split.
SELECT date_bin(%(step)s, timestamp, TIMESTAMPTZ 'epoch') AS at, {split} AS value, count(*) AS plays
FROM play
WHERE {where}
GROUP BY 1, 2
