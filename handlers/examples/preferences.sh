# A dictionary, and a list.
curl -s -c jar -b jar -d theme=dark -d font_size=large -d sidebar=on \
  http://lab.example/preferences/
curl -s -c jar -b jar -d q=cookies http://lab.example/preferences/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/preferences/
