# Make a session, move it to a new key, and read what was logged of it.
curl -s -c jar -b jar -d k=colour -d v=blue http://127.0.0.1:8000/lab/set
curl -s -c jar -b jar -d action=cycle http://127.0.0.1:8000/methods/
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/events/
