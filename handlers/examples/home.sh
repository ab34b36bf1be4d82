# This page stores nothing, so no cookie comes back.
curl -si http://lab.example/ | grep -i set-cookie
