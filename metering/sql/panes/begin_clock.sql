INSERT INTO pane_clock (topic, moved_at) VALUES (%(topic)s, %(now)s) ON CONFLICT (topic) DO NOTHING
