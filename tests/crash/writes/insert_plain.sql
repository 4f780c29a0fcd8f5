INSERT INTO events SELECT id, upper(s) || '?', d * 2 FROM m WHERE g < 9
