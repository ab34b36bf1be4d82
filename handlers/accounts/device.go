package accounts

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sessionlab/sessions"
)

// DeviceCookie is the name of the cookie that tells a browser which has signed in before from
// a stranger. It lets nobody in: it only has the browser's wrong passwords counted apart, so
// that strangers who guess cannot lock the owner out (OWASP calls it a device cookie). Send
// it HttpOnly, SameSite=Lax and for [DeviceAge].
const DeviceCookie = "lab_device"

// DeviceAge is how long a browser is remembered: as long as browsers keep any cookie.
const DeviceAge = 400 * 24 * time.Hour

const (
	deviceSalt  = "sessionlab.accounts.device"
	maxAccounts = 8 // that one device is remembered for; the one unused for longest goes
)

// device is what the cookie holds: a random name, and the accounts that it signed in to.
type device struct {
	name     string
	accounts []string // ids, the latest first
}

// RememberDevice returns the new value of [DeviceCookie] for a browser that has just signed in
// as u. present is the value that it sent, "" for none.
func (s *Store) RememberDevice(present string, u User) string {
	d := s.readDevice(present)
	if d.name == "" {
		d.name = sessions.NewKey()
	}
	id := strconv.FormatInt(u.ID, 10)
	d.accounts = slices.DeleteFunc(d.accounts, func(other string) bool { return other == id })
	d.accounts = append([]string{id}, d.accounts...)
	d.accounts = d.accounts[:min(len(d.accounts), maxAccounts)]
	return s.devices.Sign(d.name+"."+strings.Join(d.accounts, "."), time.Now())
}

// readDevice returns the zero device for a value that this site did not make, or too long ago.
func (s *Store) readDevice(value string) device {
	text, at, err := s.devices.Unsign(value)
	if err != nil || time.Since(at) > DeviceAge {
		return device{}
	}
	parts := strings.Split(text, ".")
	return device{parts[0], parts[1:]}
}

// knows reports whether d has signed in to the account before.
func (d device) knows(id int64) bool {
	return d.name != "" && slices.Contains(d.accounts, strconv.FormatInt(id, 10))
}
