curl -s -c jar -b jar http://lab.example/counter/ -o /dev/null

# A key that nobody issued: no record is made for it.
curl -s -b sessionid=abcdefghijklmnopqrstuvwxyz012345 \
  -H 'Accept: application/json' http://lab.example/counter/

# Hijack: whoever has the cookie is you. Copy it from the jar into another client.
key=$(awk '$6 ~ /^sessionid/ { print $7 }' jar)
curl -s -b "sessionid=$key" -H 'Accept: application/json' http://lab.example/counter/

# Another site's form is refused before it reaches the session.
curl -s -b jar -d theme=dark -H 'Origin: https://evil.example' \
  -H 'Accept: application/json' http://lab.example/theme/

# Attack your own session (hijack, replay, fixation, …, or all) and read how it went.
curl -s -c jar -b jar -d attack=replay http://lab.example/security/try/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/security/
