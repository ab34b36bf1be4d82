package views_test

import (
	"slices"
	"time"

	"github.com/a-h/templ"

	"sessionlab/views"
)

// sample is one page in one state, with data as a handler would give it.
type sample struct {
	name string
	page func(views.Frame) templ.Component
	path string
}

const longValue = `["shopping","engines","cookies","middleware","how long does a session last when nobody uses it","what is a signed cookie","djangoproject session engine cached_db","\u202egnp.exe","<img src=x onerror=alert(1)>","\"quotes\" & ampersands"]`

// page is what stands around the sample: everything that a page can show.
func page(path string) views.Frame {
	p := bare(path)
	p.Engine, p.Debug, p.Call = "db", true, "GET "+path
	p.Panel = clicked()
	p.Source = []views.Source{
		{Title: "Go, as it ran", HTML: goSource, Text: "func (a *App) counter() {}"},
		{Title: "Django", HTML: djangoSource, Text: "def visit_counter(request): …"},
		{Title: "curl", Text: "curl -c jar -b jar -H 'Accept: application/json' http://127.0.0.1:8000/counter/\n{\"visit_count\":7}\n"},
	}
	return p
}

// bare is what stands around a page with DEBUG=false.
func bare(path string) views.Frame {
	return views.Frame{Path: path, Theme: "system"}
}

const goSource = `<span class="kd">var</span> <span class="nx">VisitCount</span> <span class="p">=</span> <span class="nx">sessions</span><span class="p">.</span><span class="nx">Key</span><span class="p">[</span><span class="kt">int</span><span class="p">](</span><span class="s">&#34;visit_count&#34;</span><span class="p">)</span>

<span class="kd">func</span> <span class="p">(</span><span class="nx">a</span> <span class="o">*</span><span class="nx">App</span><span class="p">)</span> <span class="nf">counter</span><span class="p">(</span><span class="nx">w</span> <span class="nx">http</span><span class="p">.</span><span class="nx">ResponseWriter</span><span class="p">,</span> <span class="nx">r</span> <span class="o">*</span><span class="nx">http</span><span class="p">.</span><span class="nx">Request</span><span class="p">)</span> <span class="kt">error</span> <span class="p">{</span>
	<span class="nx">n</span> <span class="o">:=</span> <span class="nx">VisitCount</span><span class="p">.</span><span class="nf">Update</span><span class="p">(</span><span class="nx">sessions</span><span class="p">.</span><span class="nf">From</span><span class="p">(</span><span class="nx">r</span><span class="p">),</span> <span class="kd">func</span><span class="p">(</span><span class="nx">n</span> <span class="kt">int</span><span class="p">)</span> <span class="kt">int</span> <span class="p">{</span>
		<span class="k">return</span> <span class="nx">n</span> <span class="o">+</span> <span class="mi">1</span> <span class="c1">// exact, even when tabs race</span>
	<span class="p">})</span>
	<span class="k">return</span> <span class="nx">a</span><span class="p">.</span><span class="nf">render</span><span class="p">(</span><span class="nx">w</span><span class="p">,</span> <span class="nx">r</span><span class="p">,</span> <span class="nx">views</span><span class="p">.</span><span class="nf">Counter</span><span class="p">(</span><span class="nx">n</span><span class="p">))</span>
<span class="p">}</span>
`

const djangoSource = `<span class="k">def</span> <span class="nf">visit_counter</span><span class="p">(</span><span class="n">request</span><span class="p">):</span>
    <span class="n">n</span> <span class="o">=</span> <span class="n">request</span><span class="o">.</span><span class="n">session</span><span class="o">.</span><span class="n">get</span><span class="p">(</span><span class="s2">&#34;visit_count&#34;</span><span class="p">,</span> <span class="mi">0</span><span class="p">)</span> <span class="o">+</span> <span class="mi">1</span>  <span class="c1"># two tabs can read the same number</span>
    <span class="n">request</span><span class="o">.</span><span class="n">session</span><span class="p">[</span><span class="s2">&#34;visit_count&#34;</span><span class="p">]</span> <span class="o">=</span> <span class="n">n</span>
    <span class="k">return</span> <span class="n">render</span><span class="p">(</span><span class="n">request</span><span class="p">,</span> <span class="s2">&#34;counter.html&#34;</span><span class="p">,</span> <span class="p">{</span><span class="s2">&#34;count&#34;</span><span class="p">:</span> <span class="n">n</span><span class="p">})</span>
`

// samples are all pages, each in the states that look different.
func samples() []sample {
	return slices.Concat(frames(), tutorial(), accounts(), lab(), faulty(), exercises())
}

func frames() []sample {
	return []sample{
		{"home", views.Home{Engine: "db", Place: "row in django_session"}.HTML, "/"},
		{"home-in-the-cookie", func(p views.Frame) templ.Component {
			p.Place = views.InCookie
			return views.Home{Engine: "signed_cookies", Place: "your own browser"}.HTML(p)
		}, "/"},
		{"home-on-the-way", func(p views.Frame) templ.Component {
			p.Predicted = map[string]views.Predicted{"counter": {Answer: 2, Settled: true}, "race:sign-out": {Answer: 1, Settled: true}, "cart": {Answer: 1}}
			return views.Home{Engine: "db", Place: "row in django_session"}.HTML(p)
		}, "/"},
		{"counter-predicted", func(p views.Frame) templ.Component {
			p.Predicted = map[string]views.Predicted{"counter": {Answer: 1}}
			return views.Counter{VisitCount: 7}.HTML(p)
		}, "/counter/"},
		{"counter-explained", func(p views.Frame) templ.Component {
			p.Predicted = map[string]views.Predicted{"counter": {Answer: 1, Settled: true}}
			return views.Counter{VisitCount: 8}.HTML(p)
		}, "/counter/"},
		{"counter", func(p views.Frame) templ.Component {
			return views.Counter{VisitCount: 7}.HTML(p)
		}, "/counter/"},
		{"counter-production", func(p views.Frame) templ.Component {
			q := bare(p.Path)
			q.Theme, q.User, q.Engine = p.Theme, "alice", ""
			q.Hide = []string{"/engines/", "/settings/", "/middleware/", "/security/", "/debug/", "/events/"}
			return views.Counter{VisitCount: 1}.HTML(q)
		}, "/counter/"},
		{"counter-messages", func(p views.Frame) templ.Component {
			p.User = "a-rather-long-user-name-of-somebody"
			p.DebugWarning = "DEBUG IS ON AND THIS ADDRESS IS NOT LOOPBACK: everybody who can reach it sees internals and can sign in to the demo accounts."
			p.Idle = &views.Idle{Left: 30 * time.Minute, After: "30 minutes"}
			for _, l := range []string{"success", "info", "warning", "error", "debug", "<x>"} {
				p.Messages = append(p.Messages, views.Message{Level: l, Text: "This is what a message of the level " + l + " looks like."})
			}
			return views.Counter{VisitCount: 12345}.HTML(p)
		}, "/counter/"},
		{"error-404", func(p views.Frame) templ.Component {
			return views.Error(views.Frame{Theme: p.Theme, Path: "/nowhere/"}, views.ErrorData{Status: 404})
		}, "/nowhere/"},
		{"error-503", func(p views.Frame) templ.Component {
			p.Source = nil
			return views.Error(p, views.ErrorData{Status: 503, Back: "/cart/", RequestID: "9f2c61"})
		}, "/cart/"},
	}
}
