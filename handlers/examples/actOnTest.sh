# Join twice: the first draw stays. Then count a success for the group.
curl -s -c jar -b jar -d test=button_text -d action=join http://127.0.0.1:8000/experiments/
curl -s -c jar -b jar -d test=button_text -d action=join http://127.0.0.1:8000/experiments/
curl -s -c jar -b jar -d test=button_text -d action=convert http://127.0.0.1:8000/experiments/
