curl -s -H 'Accept: application/json' http://127.0.0.1:8000/middleware/
# Static files pass the outer layers only: no session, no cookie, no Vary.
curl -sI http://127.0.0.1:8000/favicon.ico
