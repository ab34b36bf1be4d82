# Start with a setting in the environment and one as a flag, then ask where each came from.
SESSION_COOKIE_AGE=3600 sessionlab --session-engine=file &
curl -s -H 'Accept: application/json' http://127.0.0.1:8000/settings/
# What is wrong or unsafe in them, without starting the server:
sessionlab check
