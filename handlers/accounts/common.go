package accounts

// commonPasswords are what a guesser tries first, in lower case and at least
// MinPassword long; the demo accounts' are among them, since they are public.
const commonPasswords = `
	0123456789 01234567 11223344 12121212 123123123
	12341234 12344321 1234567a 12345678 123456789 1234567890 12345678910 123456789a
	1234qwer 123qweasd 147258369 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 20002000 22222222
	87654321 963852741 987654321 9876543210
	a1234567 a12345678 aa123456 abc12345 abcd1234 abcdefgh abcdefg1
	access14 admin123 admin1234 administrator adminadmin alexander asdf1234 asdfasdf
	asdfghjk asdfghjkl baseball basketball batman123 benjamin brooklyn builder-2026
	butterfly carolina champion changeme changeme1 charlie1 chocolate christian
	computer consumer cookie123 corvette creative danielle december default1
	destiny1 diamond1 dolphin1 dragon12 elephant einstein elizabeth evergreen
	everything facebook fishing1 flowers1 football football1 forever1 freedom1
	friends1 galaxy12 gateway1 godzilla hello123 hellohello helloworld
	holiday1 hunter12 iloveyou iloveyou1 iloveyou2 internet isabella jennifer
	jessica1 jonathan jordan23 justin123 letmein1 letmein123 liverpool login123
	loveyou1 manchester marlboro master12 matthew1 maverick mercedes michael1
	michelle midnight minecraft monkey12 monkey123 mustang1 mypassword newpassword
	nicholas nopassword november p@ssw0rd p@ssword pa$$word pa55word passw0rd
	passw0rd1 password password! password1 password12 password123 password1234
	password2 passwort pass1234 patricia pokemon1 porsche1 princess princess1
	q1w2e3r4 qazwsxedc qqww1122 qwer1234 qwerasdf qwertyui qwertyuiop qwerty12
	qwerty123 qwerty1234 rainbow1 samantha samsung1 scorpion secret12 secret123
	security september snowball spiderman starwars steelers summer12 sunshine
	sunshine1 superman superman1 swordfish test1234 testtest thomas123 tinkerbell
	trustno1 undertaker valentine victoria welcome1 welcome123 whatever william1
	winter12 wonderland-2026 zaq12wsx zxcvbnm1 zxcvbnmz
	letmeinplease correcthorsebatterystaple thisisapassword`
