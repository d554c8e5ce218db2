INSERT INTO {table} AS known (generation, {dimensions}, window_start, value, events)
SELECT %(generation)s, {dimensions}, window_start, value, events FROM {fed} ORDER BY {dimensions}, window_start
ON CONFLICT (generation, {dimensions}, window_start) DO UPDATE SET
    value = known.value + EXCLUDED.value,
    events = known.events + EXCLUDED.events
