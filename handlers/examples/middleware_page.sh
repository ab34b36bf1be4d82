curl -s -H 'Accept: application/json' http://lab.example/middleware/

# Static files pass the outer layers only: no session, no cookie, no Vary.
curl -sI http://lab.example/favicon.ico
