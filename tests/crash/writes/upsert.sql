INSERT INTO totals SELECT k, sum(d), count(*) FROM m GROUP BY k
ON CONFLICT (k) DO UPDATE SET total = totals.total + excluded.total, n = totals.n + 1
