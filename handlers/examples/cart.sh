curl -s -c jar -b jar -X POST http://lab.example/cart/add/1/
curl -s -c jar -b jar -d quantity=2 http://lab.example/cart/update/1/

# Refused with 422: the answer says what is wrong, and the cart is as it was.
curl -s -c jar -b jar -H 'Accept: application/json' -d quantity=100 \
  http://lab.example/cart/update/1/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/cart/
