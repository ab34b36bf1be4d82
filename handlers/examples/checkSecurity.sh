curl -s -c jar -b jar http://127.0.0.1:8000/counter/ -o /dev/null
# A key that nobody issued: no session is made for it.
curl -si -b sessionid=abcdefghijklmnopqrstuvwxyz012345 http://127.0.0.1:8000/theme/
# Attack your own session, and read how it went: flip, unknown, replay, expire or delete.
curl -s -c jar -b jar -d attack=replay http://127.0.0.1:8000/security/try/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/security/
