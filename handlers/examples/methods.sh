curl -s -c jar -b jar -d action=set -d key=language -d value=en http://127.0.0.1:8000/methods/
curl -s -c jar -b jar -d action=expiry-300 http://127.0.0.1:8000/methods/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/methods/
