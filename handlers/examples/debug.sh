curl -s -c jar -b jar -X POST http://lab.example/debug/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/debug/

# The same from the store itself, given the key in the jar:
awk '$6 == "sessionid" { print $7 }' jar | sessionlab inspect -
