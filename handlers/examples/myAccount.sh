curl -s -c jar -b jar -d username=alice -d password=wonderland-2026 http://127.0.0.1:8000/login/
curl -s -c jar -b jar -d seconds=10 http://127.0.0.1:8000/account/idle/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/account/
sleep 11
curl -si -c jar -b jar http://127.0.0.1:8000/cart/ | grep -i location
