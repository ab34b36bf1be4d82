"user_id" in request.session                  # is there such a key?
request.session.get("language", "en")         # a value, or a default
del request.session["temporary_data"]         # KeyError if it is not there
request.session.set_expiry(300)               # five minutes after each save
request.session.set_expiry(0)                 # until the browser is closed
request.session.modified                      # will it be saved?
request.session.cycle_key()                   # same data, new key
request.session.flush()                       # everything goes
