CREATE TABLE made AS SELECT m.id, o.s, m.d + o.d AS d FROM m JOIN m o ON o.id = m.id % 1000 + 1
