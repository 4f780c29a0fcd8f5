UPDATE m SET d = t.total, k = m.k + 1 FROM (SELECT g, sum(d) AS total FROM m GROUP BY g) t WHERE m.g = t.g AND m.id % 3 = 0
