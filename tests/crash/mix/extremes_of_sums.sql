-- What finds its own greatest sum again only if both see the same sums.
WITH a AS MATERIALIZED (SELECT k, sum(d) AS total, sum(d * r) AS weighted FROM m GROUP BY k),
     e AS MATERIALIZED (SELECT max(total) AS most, min(total) AS least FROM a)
SELECT (SELECT count(*) FROM a JOIN e ON a.total = e.most OR a.total = e.least), count(*), sum(x.d - a.total), min(a.weighted)
FROM m x JOIN a ON x.k = a.k, generate_series(1, 4) g(i), e WHERE a.total < e.most
