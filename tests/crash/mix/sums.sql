SELECT g, count(*), sum(d), avg(r), var_samp(d), stddev(r) FROM m GROUP BY g ORDER BY g
