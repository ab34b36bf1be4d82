curl -s -c jar -b jar -X POST http://127.0.0.1:8000/debug/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/debug/
# The same from the store itself, given the key in the jar:
awk '$6 == "sessionid" { print $7 }' jar | sessionlab inspect -
