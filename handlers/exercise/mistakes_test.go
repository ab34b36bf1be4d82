package exercise

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mistakes are made in the solution in Python, which need not be built. Each is a list of
// old texts and new ones.
var mistakes = []struct {
	n         int
	criterion string
	mistake   string
	swaps     []string
}{
	{
		1, "pages", "a list that is not there for a new visitor",
		[]string{
			`request.session.get("recent", [])})`, `request.session["recent"]})`,
		},
	},
	{
		1, "counts", "a change inside of the list, which is not saved",
		[]string{
			`request.session["recent"] = [`, `visits[:] = [`,
		},
	},
	{1, "order", "the newest page last", []string{`, *others][:MOST]`, `, *others][:MOST][::-1]`}},
	{
		1, "order", "a page listed twice",
		[]string{
			`others = [v for v in visits if v["path"] != request.path]`, `others = visits`,
		},
	},
	{
		1, "pages-only", "the list counts itself",
		[]string{
			`    return JsonResponse({"recent": request.session.get("recent", [])})`,
			`    visits = request.session.get("recent", [])
    page(request, 1)
    return JsonResponse({"recent": visits})`,
		},
	},
	{1, "own", "a list that all visitors share", []string{`request.session`, `SHARED`}},
	{1, "bounded", "a list without an end", []string{`[:MOST]`, ``}},
	{2, "sign-in", "any password", []string{`username in ACCOUNTS and`, `True or`}},
	{2, "forget", "two weeks for everybody", []string{`TWO_WEEKS if "remember" in request.POST else 0`, `TWO_WEEKS`}},
	{2, "remember", "never more than the browser", []string{`TWO_WEEKS if "remember" in request.POST else 0`, `0`}},
	{2, "remember", "a day in place of two weeks", []string{`14 * 24`, `24`}},
	{
		2, "each-time", "only the box is looked at",
		[]string{
			`request.session.set_expiry(TWO_WEEKS if "remember" in request.POST else 0)`,
			`request.session.setdefault("_session_expiry", 0)
            if "remember" in request.POST:
                request.session.set_expiry(TWO_WEEKS)`,
		},
	},
	{2, "new-key", "the key stays", []string{`request.session.cycle_key()`, `pass`}},
	{3, "group", "groups of other names", []string{`random.choice("AB")`, `random.choice("XY")`}},
	{3, "sticky", "drawn at each visit", []string{`if "group" not in request.session:`, `if True:`}},
	{3, "both", "everybody in one group", []string{`random.choice("AB")`, `"A"`}},
	{
		3, "visitors", "visits are counted, not visitors",
		[]string{
			`    return JsonResponse({"group"`,
			`    count(request.session["group"], "visitors")
    return JsonResponse({"group"`,
		},
	},
	{
		3, "conversions", "all purchases are A's",
		[]string{
			`count(request.session["group"], "conversions")`, `count("A", "conversions")`,
		},
	},
	{3, "once", "each purchase counts", []string{`if not request.session.get("bought"):`, `if True:`}},
	{4, "created", "one name for all sessions", []string{`.hexdigest()[:10]`, `.hexdigest()[:0] + "session"`}},
	{4, "quiet", "each visit is logged", []string{`if after and after != before:`, `if after:`}},
	{4, "secret", "the key in the log", []string{`hashlib.sha256(key.encode()).hexdigest()[:10]`, `key`}},
	{4, "expired", "expiry is not noticed", []string{`add("expired", hashed(before))`, `pass`}},
	{
		4, "once", "expired again and again",
		[]string{
			`if last(hashed(before)) == "created":`, `if last(hashed(before)):`,
		},
	},
	{
		4, "made-up", "every unknown cookie has expired",
		[]string{
			`if last(hashed(before)) == "created":`, `if last(hashed(before)) != "expired":`,
		},
	},
	{
		5, "guard", "the page is for everybody",
		[]string{
			`if "user" not in request.session:`, `if request.session.setdefault("user", "alice") == "":`,
		},
	},
	{5, "back", "the query is lost", []string{`request.get_full_path()`, `request.path`}},
	{5, "idle", "the session stays", []string{`SESSION_COOKIE_AGE=2,`, ``}},
	{5, "idle", "nine seconds", []string{`SESSION_COOKIE_AGE=2,`, `SESSION_COOKIE_AGE=9,`}},
	{5, "idle", "nobody can sign in", []string{`if correct(`, `if not correct(`}},
	{5, "active", "two seconds from the sign-in", []string{`SESSION_SAVE_EVERY_REQUEST=True,`, ``}},
	{
		5, "again", "the session is only marked as signed out, and has one key for ever",
		[]string{
			`SESSION_COOKIE_AGE=2,`, ``,
			`request.session.cycle_key()`, `pass`,
			`    if "user" not in request.session:`,
			`    import time
    seen, request.session["seen"] = request.session.get("seen", 0), time.time()
    if time.time() - seen > 2:
        request.session.pop("user", None)
    if "user" not in request.session:`,
		},
	},
	{
		5, "elsewhere", "next is followed anywhere",
		[]string{
			`if not url_has_allowed_host_and_scheme(next, allowed_hosts=None):`, `if not next:`,
		},
	},
	{
		5, "elsewhere", "only http is looked for",
		[]string{
			`if not url_has_allowed_host_and_scheme(next, allowed_hosts=None):`,
			`if not next or next.startswith("http"):`,
		},
	},
}

// A criterion is worth something if the mistake that it is about is noticed.
func TestEachCriterionNoticesItsMistake(t *testing.T) {
	for _, m := range mistakes {
		t.Run(fmt.Sprint(m.n, " ", m.mistake), func(t *testing.T) {
			t.Parallel()
			needDjango(t)
			text, err := os.ReadFile(fmt.Sprintf("files/%d/solution/app.py", m.n))
			if err != nil {
				t.Fatal(err)
			}
			wrong := strings.NewReplacer(m.swaps...).Replace(string(text))
			for i := 0; i < len(m.swaps); i += 2 {
				if !strings.Contains(string(text), m.swaps[i]) {
					t.Fatalf("the solution has no %q", m.swaps[i])
				}
			}
			wrong = strings.Replace(wrong, "\nMOST", "\nSHARED = {}\nMOST", 1)
			file := filepath.Join(t.TempDir(), "app.py")
			if err := os.WriteFile(file, []byte(wrong), 0o600); err != nil {
				t.Fatal(err)
			}
			_, all := met(t, m.n, start(t, pyProgram(t, file)))
			for _, r := range all.Results {
				if r.Criterion == m.criterion && (r.Met || r.After != "") {
					t.Errorf("%s did not notice it: %s", m.criterion, r)
				}
			}
			if t.Failed() {
				t.Log(all.Results)
			}
		})
	}
}
