CREATE TABLE made AS SELECT s, sum(d) AS total, count(*) AS n FROM m GROUP BY s ORDER BY 2
