# Sign in on two devices, with an account of your own.
curl -s -c here -d username=ann -d 'password=a few words will do' \
  http://lab.example/login/
curl -s -c there -d username=ann -d 'password=a few words will do' \
  http://lab.example/login/

# Whoever signs out everywhere, or changes the password, stays signed in here alone.
curl -s -c here -b here -d 'password=a few words will do' \
  http://lab.example/account/sign-out-everywhere/
curl -s -c here -b here -d 'old_password=a few words will do' \
  -d 'new_password1=some other words' -d 'new_password2=some other words' \
  http://lab.example/account/password/
curl -si -b there http://lab.example/account/ | grep -i location
