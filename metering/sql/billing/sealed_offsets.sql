-- How far each partition has been read in sealed generations: up to the first offset of what is not sealed yet.
SELECT place.partition, least(place.next_offset, min(file.first_offset))
FROM stream_offset AS place
INNER JOIN stream_generation AS current ON current.topic = place.topic
LEFT JOIN archive_file AS file
    ON file.topic = place.topic AND file.kafka_partition = place.partition AND file.generation >= current.generation
WHERE place.topic = %(topic)s
GROUP BY place.partition, place.next_offset
