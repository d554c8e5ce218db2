ANALYZE {judged} (event_hour, event_id, is_held, repeat, too_late)
