curl -s -b jar http://127.0.0.1:8000/form/thank-you/
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/form/thank-you/
