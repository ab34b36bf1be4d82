curl -s -c jar -b jar -d theme=dark http://lab.example/theme/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/theme/
