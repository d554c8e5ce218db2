-- Room on each page for all its rows again: a slice adds to nearly every sum of a window, and an update whose new row
-- finds no room on its page has to enter the key's index too. Measured by bench R6.
ALTER TABLE ad_clicks_realtime SET (fillfactor = 45);
ALTER TABLE bytes SET (fillfactor = 45);
ALTER TABLE company_window_realtime SET (fillfactor = 45);
ALTER TABLE level_listens_realtime SET (fillfactor = 45);
ALTER TABLE machine_minute_realtime SET (fillfactor = 45);
ALTER TABLE service_minute_realtime SET (fillfactor = 45);
