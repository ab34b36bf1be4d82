curl -s -c jar -b jar -d full_name=Ann -d email=ann@example.org http://127.0.0.1:8000/form/step-one/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/form/step-two/
