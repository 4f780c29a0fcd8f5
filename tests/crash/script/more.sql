INSERT INTO log SELECT 3, count(*) FROM copied;
SELECT a.g, count(*), sum(a.d + b.d) FROM m a JOIN m b ON a.id = b.id + 7 GROUP BY a.g ORDER BY a.g;
