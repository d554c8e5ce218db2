SELECT timestamp, id, value, provisional
FROM {view}
WHERE type = %(type)s AND timestamp >= {first} AND timestamp < {end}
