SELECT g, k, total, rank() OVER (PARTITION BY g ORDER BY total DESC) AS place
FROM (SELECT g, k, sum(d) AS total FROM m GROUP BY g, k) t ORDER BY g, k
