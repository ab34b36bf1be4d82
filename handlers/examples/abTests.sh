# The figures, with an interval for each rate, and the group that this jar is in.
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/experiments/
