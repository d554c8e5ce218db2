SELECT watermark, closed_to FROM pane_clock WHERE topic = %(topic)s FOR UPDATE
