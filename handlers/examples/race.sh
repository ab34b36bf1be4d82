# Both requests load and read before either saves: what does each track make of it?
curl -s -H 'Accept: application/json' \
  'http://127.0.0.1:8000/race/?preset=lost-click&steps=A1,B1,A2,B2,A3,B3,A4,B4'
# The same against a real server: twenty requests at once on one session, and none is lost.
curl -s -o /dev/null -c jar -b jar http://127.0.0.1:8000/counter/
seq 20 | xargs -P 20 -I{} curl -s -o /dev/null -b jar http://127.0.0.1:8000/counter/
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/counter/
