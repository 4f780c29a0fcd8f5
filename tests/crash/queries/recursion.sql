-- Who is reached by orders of parts from the same supplier, in rounds.
WITH RECURSIVE reached(suppkey, round) AS (
  SELECT s_suppkey, 0 FROM supplier WHERE s_suppkey <= 3
  UNION
  SELECT b.ps_suppkey, round + 1
  FROM reached, partsupp a, partsupp b
  WHERE a.ps_suppkey = suppkey AND b.ps_partkey = a.ps_partkey AND round < 3)
SELECT round, count(*), min(suppkey), max(suppkey), sum(suppkey) FROM reached GROUP BY round ORDER BY round;
