curl -s -c jar -b jar -d theme=dark http://127.0.0.1:8000/theme/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/theme/
