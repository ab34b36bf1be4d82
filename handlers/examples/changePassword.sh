curl -s -c here -d username=alice -d password=wonderland-2026 http://127.0.0.1:8000/login/
curl -s -c there -d username=alice -d password=wonderland-2026 http://127.0.0.1:8000/login/
curl -s -c here -b here -d old_password=wonderland-2026 -d 'new_password1=a few words' -d 'new_password2=a few words' http://127.0.0.1:8000/account/password/
curl -si -b there http://127.0.0.1:8000/account/ | grep -i location
