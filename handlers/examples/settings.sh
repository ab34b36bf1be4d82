# Start with a setting in the environment and one as a flag. Each says its origin.
SESSION_COOKIE_AGE=3600 sessionlab --session-engine=file &
curl -s -H 'Accept: application/json' http://lab.example/settings/

# What is wrong or unsafe in them, without starting the server:
sessionlab check

# Try settings on your own session alone. No field at all takes them back.
curl -s -c jar -b jar http://lab.example/counter/ -o /dev/null
curl -si -c jar -b jar -d 'age=on&samesite=strict' http://lab.example/settings/ |
  grep Set-Cookie
curl -s -c jar -b jar -d '' http://lab.example/settings/

# Let 20 minutes pass for your own session.
curl -s -c jar -b jar -d seconds=1200 http://lab.example/settings/pass/
