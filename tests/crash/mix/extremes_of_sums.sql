-- What finds its own greatest sum again only if both see the same sums.
WITH a AS MATERIALIZED (SELECT k, sum(d) AS total, sum(d * r) AS weighted FROM m GROUP BY k)
SELECT a.k, a.total, a.weighted FROM a JOIN (SELECT max(total) AS most, min(total) AS least FROM a) e
  ON a.total = e.most OR a.total = e.least ORDER BY a.k
