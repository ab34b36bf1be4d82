# The jar keeps the cookie from one call to the next.
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/counter/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/counter/
