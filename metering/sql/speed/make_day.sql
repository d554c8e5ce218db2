SELECT {make_day}(%(day)s)
