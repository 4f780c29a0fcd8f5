SELECT k, sum(d) AS total INTO made FROM m GROUP BY k
