SELECT {forget}(%(before)s)
