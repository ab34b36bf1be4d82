package signing_test

import (
	"fmt"
	"time"

	"sessionlab/sessions/signing"
)

// A link that only this site can have made, good for an hour, with a salt of its own.
func ExampleSigner_Sign() {
	links, err := signing.New("shop: unsubscribe", "a secret key of at least fifty characters, from the settings")
	if err != nil {
		fmt.Println(err)
		return
	}
	sent := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	token := links.Sign("alice@example.org", sent)

	address, at, err := links.Unsign(token)
	now := sent.Add(30 * time.Minute)
	fmt.Println(address, err, now.Sub(at) <= time.Hour)

	_, _, err = links.Unsign("mallory" + token)
	fmt.Println(err)
	// Output:
	// alice@example.org <nil> true
	// signing: signature does not match
}
