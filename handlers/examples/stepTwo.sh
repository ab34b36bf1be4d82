curl -s -c jar -b jar -d track=both -d seats=2 http://127.0.0.1:8000/form/step-two/
curl -s -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/form/thank-you/
