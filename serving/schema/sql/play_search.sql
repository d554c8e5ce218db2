-- What the explorer counts by and searches in, kept beside each play.
-- `facet`: level, gender, is_mobile, send_event, reason and zip in one text, between unit separators, a record separator
-- for none; at most 64 characters of each, so that it fits into an index. It rides in the primary key's index, from which
-- a search without words is counted alone.
ALTER TABLE play
    DROP CONSTRAINT play_pkey,
    ADD COLUMN facet text COLLATE "C" GENERATED ALWAYS AS (
        left(translate(level, E'\x1e\x1f', '  '), 64) || E'\x1f'
        || coalesce(left(translate(gender, E'\x1e\x1f', '  '), 64), E'\x1e') || E'\x1f'
        || is_mobile::text || E'\x1f'
        || coalesce(send_event::text, E'\x1e') || E'\x1f'
        || left(translate(reason, E'\x1e\x1f', '  '), 64) || E'\x1f'
        || coalesce(left(translate(zip, E'\x1e\x1f', '  '), 64), E'\x1e')
    ) STORED,
    -- The words of its texts: A-Z in lower case, cut at spaces and a few other characters; of a field of the customer's
    -- record the first 200 characters, so that each fits into an index.
    ADD COLUMN words text[] COLLATE "C" GENERATED ALWAYS AS (
        string_to_array(
            translate(
                lower(
                    (
                        customer_id || ' ' || track_id || ' ' || listening_zip || ' ' || coalesce(event_id, '')
                        || ' ' || left(reason, 200)
                        || ' ' || coalesce(left(name, 200), '') || ' ' || coalesce(left(age, 200), '')
                        || ' ' || coalesce(left(gender, 200), '') || ' ' || coalesce(left(zip, 200), '')
                        || ' ' || coalesce(left(address, 200), '') || ' ' || coalesce(left(sign_date, 200), '')
                        || ' ' || coalesce(left(status, 200), '') || ' ' || left(level, 200)
                        || ' ' || coalesce(left(campaign, 200), '') || ' ' || coalesce(left(linked_with_apps, 200), '')
                    ) COLLATE "C"
                ),
                E',;"()\t\n\r', '        '
            ),
            ' '
        )
    ) STORED,
    ADD PRIMARY KEY (timestamp, partition, "offset") INCLUDE (facet);

CREATE INDEX play_words ON play USING gin (words);
