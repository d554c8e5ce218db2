SELECT coalesce(max(run), 0) FROM batch_run WHERE topic = ANY(%(topics)s)
