INSERT INTO events SELECT a.id, b.s, a.d + b.d FROM m a JOIN m b ON a.id = b.id + 1 WHERE a.g < 5
