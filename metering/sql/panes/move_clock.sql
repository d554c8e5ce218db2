UPDATE pane_clock
SET watermark = %(watermark)s, closed_to = %(closed_to)s, moved_at = %(now)s
WHERE topic = %(topic)s AND watermark IS DISTINCT FROM %(watermark)s
