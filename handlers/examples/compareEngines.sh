# Use another engine and bring the data along; each engine has a cookie of its own in the jar.
curl -s -c jar -b jar -d engine=file -d carry=1 http://127.0.0.1:8000/engines/
# Have all engines count fifty clicks at once, and look at the result a few seconds later.
curl -s -c jar -b jar -X POST http://127.0.0.1:8000/engines/race/
sleep 3
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/engines/
