# Make a session, move it to a new key, and read what was logged of it.
curl -s -c jar -b jar -d k=colour -d v=blue http://lab.example/lab/set
curl -s -c jar -b jar -d action=cycle http://lab.example/methods/
curl -s -b jar -H 'Accept: application/json' http://lab.example/events/

# -N shows each event as it comes. In a second terminal, use the same jar.
curl -N -s -b jar http://lab.example/events/stream

# Go on where you stopped:
curl -N -s -b jar -H 'Last-Event-ID: 7' http://lab.example/events/stream
