PREPARE p(int, double precision, text) AS
  SELECT k, sum(d * $2), count(*) FILTER (WHERE s < $3) FROM m WHERE g <> $1 GROUP BY k ORDER BY 2 DESC, 1 LIMIT 20;
EXECUTE p(5, 0.1, 'o')
