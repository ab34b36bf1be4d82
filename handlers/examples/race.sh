# Both requests load and read before either saves: what does each track make of it?
curl -s -H 'Accept: application/json' \
  'http://lab.example/race/?preset=lost-click&steps=A1,B1,A2,B2,A3,B3,A4,B4'
# The same for real: twenty requests at once on one session, and none is lost.
curl -s -o /dev/null -c jar -b jar http://lab.example/counter/
seq 20 | xargs -P 20 -I{} curl -s -o /dev/null -b jar http://lab.example/counter/
curl -s -b jar -H 'Accept: application/json' http://lab.example/counter/
