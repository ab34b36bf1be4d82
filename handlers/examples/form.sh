# Step one is kept in the session, in a list with one draft for each tab that has the
# form open. Each draft has a token; without one, the newest draft is meant.
curl -s -c jar -b jar -d full_name=Ann -d email=ann@example.org \
  http://lab.example/form/step-one/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/form/step-two/

# Step two stores both pages, once.
curl -s -c jar -b jar -d track=both -d seats=2 http://lab.example/form/step-two/
curl -s -c jar -b jar -H 'Accept: application/json' http://lab.example/form/thank-you/
