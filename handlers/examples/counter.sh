# The jar keeps the cookie from one call to the next.
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/counter/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/counter/

# Start again.
curl -s -c jar -b jar -X POST http://lab.example/counter/forget/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/counter/
