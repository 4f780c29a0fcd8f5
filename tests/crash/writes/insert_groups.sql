INSERT INTO events SELECT max(id), s, sum(d) FROM m GROUP BY s
