package handlers

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const python = "/usr/bin/python3" // where Debian's python3-django puts Django

var django = sync.OnceValue(func() error {
	return exec.Command(python, "-c", "import django").Run()
})

// djangoFiles are the examples in a folder of their own, where they may write.
func djangoFiles(t *testing.T) (dir string, names []string) {
	t.Helper()
	if django() != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Django under " + python + ", and CI=true forbids to skip")
		}
		t.Skip("no Django under " + python + ": install python3-django")
	}
	paths, err := fs.Glob(sourceFiles, "examples/*.py")
	if err != nil || len(paths) == 0 {
		t.Fatalf("examples: %v", err)
	}
	dir = t.TempDir()
	for _, path := range paths {
		text, err := fs.ReadFile(sourceFiles, path)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(path))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, names
}

// runPython runs the interpreter in dir, and fails the test with what it wrote if it fails.
func runPython(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "DJANGO_SETTINGS_MODULE=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("python3 %.80s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// checkEach runs "python3 FILE check" for each file, in processes that share the import of
// Django.
const checkEach = `
import os, runpy, sys
import django.core.management, django.db, django.shortcuts, django.urls
failed = []
for name in sys.argv[1:]:
    if os.fork() == 0:
        sys.argv = [name, "check"]
        runpy.run_path(name, run_name="__main__")
        os._exit(0)
    if os.wait()[1] != 0:
        failed.append(name)
sys.exit("failed: " + " ".join(failed) if failed else 0)
`

func TestEveryDjangoExampleIsAWholeProject(t *testing.T) {
	dir, names := djangoFiles(t)
	runPython(t, dir, append([]string{"-m", "py_compile"}, names...)...)
	runPython(t, dir, append([]string{"-c", checkEach}, names...)...)
}

// The tutorial's examples run on the real Django, as a browser would use them.
func TestTheDjangoExamplesOfTheTutorialDoWhatTheirPagesDo(t *testing.T) {
	dir, _ := djangoFiles(t)
	for name, script := range map[string]string{
		"counter": `
c.get("/counter/")
assert "2 times" in c.get("/counter/").content.decode()
c.post("/counter/forget/")
assert "1 time." in c.get("/counter/").content.decode()
`, "preferences": `
c.post("/preferences/", {"theme": "dark", "font_size": "large"})
for q in ("cookies", "sessions", "cookies"):
    c.post("/preferences/", {"q": q})
assert c.session["preferences"] == {"theme": "dark", "font_size": "large", "sidebar": False}
assert c.session["recent_searches"] == ["cookies", "sessions"]
assert c.post("/preferences/", {"theme": "x"}).status_code == 200, "the form is shown again"
c.post("/preferences/", {"action": "clear"})
assert "recent_searches" not in c.session
assert "cookies" not in c.get("/preferences/").content.decode()
`, "methods": `
c.post("/methods/", {"action": "set", "key": "language", "value": "en"})
assert dict(c.session) == {"try_language": "en"}
page = c.post("/methods/", {"action": "get", "key": "language"}).content.decode()
assert "Answer: en, modified: False" in page
assert "KeyError" in c.post("/methods/", {"action": "delete", "key": "x"}).content.decode()
assert "after 300 seconds" in c.post("/methods/", {"action": "expiry-300"}).content.decode()
key = c.session.session_key
c.post("/methods/", {"action": "cycle"})
assert c.session.session_key != key and c.session["try_language"] == "en"
c.post("/methods/", {"action": "flush"})
assert c.post("/methods/", {"action": "x"}).status_code == 400
assert "sessionid" not in c.cookies or not c.cookies["sessionid"].value
`, "cart": `
c.post("/cart/add/1/")
c.post("/cart/add/1/")
c.post("/cart/add/2/")
assert "Total: 59.00" in c.get("/cart/").content.decode()
for quantity in ("0", "100", "many"):
    refused = c.post("/cart/update/1/", {"quantity": quantity})
    assert refused.status_code == 422 and "from 1 to 99" in refused.content.decode()
c.post("/cart/update/1/", {"quantity": "99"})
assert c.post("/cart/add/1/").status_code == 422
assert c.session["cart"]["1"]["quantity"] == 99
assert c.post("/cart/add/7/").status_code == 404
c.post("/cart/remove/1/")
assert list(c.session["cart"]) == ["2"]
c.post("/cart/clear/")
assert "cart" not in c.session
`, "theme": `
assert c.post("/theme/", {"theme": "dark"}, HTTP_REFERER="https://evil.test/").url == "/theme/"
assert 'data-theme="dark"' in c.get("/theme/").content.decode()
back = "http://testserver/cart/"
assert c.post("/theme/", {"theme": "system"}, HTTP_REFERER=back).url == back
c.post("/theme/", {"theme": "purple"})
assert c.session["theme_preference"] == "light"
`, "form": `
from form import Submission, create_table
create_table()
def begin(token, name):
    r = c.post("/form/step-one/", {"form": token, "full_name": name, "email": "a@example.org"})
    assert r.url == "/form/step-two/?form=" + token
begin("a" * 32, "Ann")
begin("b" * 32, "Bob")  # in a second tab
assert [d["full_name"] for d in c.session["step_one_data"]] == ["Bob", "Ann"]
assert "Ann" in c.get("/form/step-one/?form=" + "a" * 32).content.decode()
two = {"form": "a" * 32, "track": "go", "seats": "3"}
for click in range(2):
    assert c.post("/form/step-two/", two).url == "/form/thank-you/"
assert Submission.objects.count() == 1
assert "Thank you, Ann: 3 seats" in c.get("/form/thank-you/").content.decode()
assert [d["full_name"] for d in c.session["step_one_data"]] == ["Bob"]
assert c.get("/form/step-two/?form=x").url == "/form/step-one/?form=x"
assert "Nothing was submitted" in Client().get("/form/thank-you/").content.decode()
`,
	} {
		t.Run(name, func(t *testing.T) {
			runPython(t, dir, "-c", "import "+name+", django\ndjango.setup()\n"+
				"from django.test import Client\nfrom django.test.utils import setup_test_environment\n"+
				"setup_test_environment()\nc = Client()\n"+script)
		})
	}
}
