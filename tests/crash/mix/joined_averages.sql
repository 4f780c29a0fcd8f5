SELECT x.g, sum(x.d - y.average * i), covar_pop(x.d, y.average), regr_slope(x.d, y.deviation)
FROM m x JOIN (SELECT k, avg(d) AS average, stddev_pop(d) AS deviation FROM m GROUP BY k) y ON x.k = y.k,
     generate_series(1, 6) g(i)
GROUP BY x.g ORDER BY x.g
