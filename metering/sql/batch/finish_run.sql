UPDATE batch_run
SET finished_at = now(), hours_published = %(published)s, hours_failed = %(failed)s, status = %(status)s, note = %(note)s
WHERE run = %(run)s
