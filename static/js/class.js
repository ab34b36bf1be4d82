// A class: the bar on learners' pages, the teacher's board and the projector are kept up to
// date by server-sent events. Without scripts each page is as of when it was loaded.

// put replaces what is in an element by what the server drew, and keeps the focus and what is
// scrolled where they were.
function put(element, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const held = element.contains(document.activeElement) ? document.activeElement.id : "";
  const heat = element.querySelector(".heat");
  const at = heat ? [heat.scrollLeft, heat.scrollTop] : [0, 0];
  element.replaceChildren(...page.body.childNodes);
  element.querySelector(".heat")?.scrollTo(...at);
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
}

// listen keeps a stream open while its page is in sight: a browser has few connections for a site.
function listen(address, take) {
  let stream = null;
  const open = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(address);
    stream.onmessage = (message) => take(JSON.parse(message.data));
  };
  const close = () => {
    stream?.close();
    stream = null;
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else open(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

// The teacher's link has the code in its fragment, which no browser sends anywhere by itself.
const entrance = document.querySelector("[data-code-form]");
if (entrance && location.hash.length > 1) {
  entrance.elements.teacher_password.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  entrance.submit();
}

for (const part of document.querySelectorAll("#board[data-stream], #screen[data-stream]")) {
  listen(part.dataset.stream, (html) => put(part, html));
}

const bar = document.getElementById("class-bar");
if (bar) {
  let version = bar.dataset.version;
  // A learner who follows the teacher is led there once for each time the teacher leads.
  const lead = () => {
    const link = bar.querySelector("[data-lead]");
    const follows = bar.querySelector("#class-follow")?.getAttribute("aria-pressed") === "true";
    if (!link || !follows || sessionStorage.getItem("class-lead") === link.dataset.lead) return;
    sessionStorage.setItem("class-lead", link.dataset.lead);
    if (link.href !== location.href) location.assign(link.href);
  };
  const frozen = () => bar.classList.contains("frozen");
  const renew = async () => {
    const answer = await fetch("/join/bar/", { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const was = frozen();
    put(bar, await answer.text());
    bar.classList.toggle("frozen", !!bar.querySelector(".note.warning"));
    if (was && !frozen() && document.querySelector(".fault .code")?.textContent === "423") location.reload();
    lead();
  };
  listen(bar.dataset.stream, (now) => {
    if (now === version) return;
    version = now;
    renew();
  });
  lead();
  let clicks = 0, form = null;
  bar.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-click]")) return;
    event.preventDefault();
    if (form !== event.target) clicks = 0;
    form = event.target;
    fetch(form.action, { method: "POST", headers: { Accept: "application/json" } }).then((answer) => answer.json()).then((said) => {
      if (said.counted) form.querySelector("[data-clicks]").textContent = ++clicks;
    }).catch(() => {});
  });
}

// Countdowns go on between two messages of the server.
setInterval(() => {
  for (const clock of document.querySelectorAll("[data-countdown]")) {
    const left = Math.max(0, Number(clock.dataset.countdown) - 1);
    clock.dataset.countdown = left;
    const text = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
    clock.textContent = clock.textContent.replace(/\d+:\d+/, text);
  }
}, 1000);
