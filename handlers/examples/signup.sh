curl -si -c jar -b jar -d username=ann -d 'password1=a few words will do' -d 'password2=a few words will do' http://127.0.0.1:8000/signup/
curl -s -b jar -H 'Accept: application/json' http://127.0.0.1:8000/account/
