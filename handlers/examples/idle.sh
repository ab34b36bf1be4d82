curl -s -c jar -b jar -d username=alice -d password=wonderland-2026 \
  http://lab.example/login/
curl -s -c jar -b jar -d seconds=10 http://lab.example/account/idle/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/account/
sleep 11
curl -si -c jar -b jar http://lab.example/cart/ | grep -i location
