# This page stores nothing, so no cookie comes back.
curl -si http://127.0.0.1:8000/ | grep -i set-cookie
