curl -si -c jar -b jar -d username=ann -d 'password1=a few words will do' \
  -d 'password2=a few words will do' http://lab.example/signup/
curl -s -b jar -H 'Accept: application/json' http://lab.example/account/
