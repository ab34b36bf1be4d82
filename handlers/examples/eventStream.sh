# -N shows each event as it comes. In a second terminal, use the same jar: curl -b jar …
curl -N -s -b jar http://127.0.0.1:8000/events/stream
# Go on where you stopped:
curl -N -s -b jar -H 'Last-Event-ID: 7' http://127.0.0.1:8000/events/stream
