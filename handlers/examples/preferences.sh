curl -s -c jar -b jar -d theme=dark -d font_size=large -d sidebar=on http://127.0.0.1:8000/preferences/
curl -s -c jar -b jar -d q=cookies http://127.0.0.1:8000/preferences/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/preferences/
