-- For this transaction: a page of an index costs hardly more than one of a scan, as on any disk of today. Without it
-- PostgreSQL reads the plays themselves where the primary key's index alone would answer, which takes three times as long.
SELECT set_config('random_page_cost', '1.1', TRUE) AS cost
