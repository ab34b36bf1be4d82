# Use another engine and take the data along; the jar has a cookie for each engine.
curl -s -c jar -b jar -d engine=file -d carry=1 http://lab.example/engines/

# Have all engines count fifty clicks at once, and look at the result a little later.
curl -s -c jar -b jar -X POST http://lab.example/engines/race/
sleep 3
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/engines/
