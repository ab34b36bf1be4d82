# Join twice: the first draw stays. Then count a success for the group.
curl -s -c jar -b jar -d test=button_text -d action=join \
  http://lab.example/experiments/
curl -s -c jar -b jar -d test=button_text -d action=join \
  http://lab.example/experiments/
curl -s -c jar -b jar -d test=button_text -d action=convert \
  http://lab.example/experiments/

# The numbers, with an interval for each rate, and the group that this jar is in.
curl -s -b jar -H 'Accept: application/json' http://lab.example/experiments/
