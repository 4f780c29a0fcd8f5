MERGE INTO totals USING (SELECT k, sum(d) AS total, count(*) AS n FROM m GROUP BY k) s ON totals.k = s.k
WHEN MATCHED THEN UPDATE SET total = totals.total + s.total, n = totals.n + s.n WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.total, s.n)
