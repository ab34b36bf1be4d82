# Start with a setting in the environment and one as a flag. Each says its origin.
SESSION_COOKIE_AGE=3600 sessionlab --session-engine=file &
curl -s -H 'Accept: application/json' http://lab.example/settings/

# What is wrong or unsafe in them, without starting the server:
sessionlab check
