curl -s -c jar -b jar -X POST http://127.0.0.1:8000/recent/start/
curl -s -c jar -b jar -o /dev/null http://127.0.0.1:8000/cart/
curl -s -c jar -b jar -o /dev/null http://127.0.0.1:8000/theme/
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/recent/
