curl -s -c jar -b jar -X POST http://127.0.0.1:8000/cart/add/1/
curl -s -c jar -b jar -d quantity=2 http://127.0.0.1:8000/cart/update/1/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/cart/
