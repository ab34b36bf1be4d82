# What you set is stored below try_, so that it cannot be what another page relies on.
curl -s -c jar -b jar -d action=set -d key=language -d value=en \
  http://lab.example/methods/
curl -s -c jar -b jar -d action=expiry-300 http://lab.example/methods/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/methods/
