SELECT b.s, count(*), sum(a.d), sum(b.r) FROM m a JOIN (SELECT DISTINCT s, k, r FROM m) b ON a.k = b.k AND a.s = b.s
GROUP BY b.s ORDER BY b.s
