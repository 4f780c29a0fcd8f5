-- Some rows, whichever come first; counted twice, the counts agree.
WITH a AS MATERIALIZED (SELECT id, k, d FROM m WHERE g <> 3 LIMIT 50000)
SELECT (SELECT min(s) FROM m), (SELECT count(*) FROM a), (SELECT count(*) FROM a x JOIN a y ON x.id = y.id),
       (SELECT sum(d) FROM a) = (SELECT sum(total) FROM (SELECT sum(d) AS total FROM a GROUP BY ()) t)
