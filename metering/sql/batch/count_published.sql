SELECT count(*) FROM hour_state WHERE published_generation > 0
