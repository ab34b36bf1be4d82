curl -s -c jar -b jar -X POST http://lab.example/recent/start/
curl -s -c jar -b jar -o /dev/null http://lab.example/cart/
curl -s -c jar -b jar -o /dev/null http://lab.example/theme/
curl -s -b jar -H 'Accept: application/json' http://lab.example/recent/
