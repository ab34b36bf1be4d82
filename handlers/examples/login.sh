# Without remember=on the cookie has no Max-Age: it ends with the browser.
curl -si -c jar -b jar -d username=alice -d password=wonderland-2026 \
  http://lab.example/login/ | grep -i set-cookie
curl -si -c jar -b jar -d username=alice -d password=wonderland-2026 -d remember=on \
  http://lab.example/login/ | grep -i set-cookie
curl -s -b jar -H 'Accept: application/json' http://lab.example/account/
