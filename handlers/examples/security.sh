curl -s -c jar -b jar http://lab.example/counter/ -o /dev/null

# A key that nobody issued: no record is made for it.
curl -s -b sessionid=abcdefghijklmnopqrstuvwxyz012345 \
  -H 'Accept: application/json' http://lab.example/counter/

# Attack your own session (flip, unknown, replay, expire, delete) and read how it went.
curl -s -c jar -b jar -d attack=replay http://lab.example/security/try/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/security/
