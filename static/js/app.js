// Small conveniences. Every page works without them.

// Copy buttons: hidden in the HTML, shown here, because without scripts they could do nothing.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break;
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Tabs of code switch in place, and the server is told which one was chosen: it shows the same
// on the next page. The address keeps up, so that it can be passed on.
const tabs = [...document.querySelectorAll("a[data-tab]")];
const shown = (tab) => document.getElementById(tab.dataset.shows).closest(".code");
for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // it goes into a tab of the browser
    event.preventDefault();
    for (const other of tabs) {
      shown(other).hidden = other !== tab;
      other.removeAttribute("aria-current");
    }
    tab.setAttribute("aria-current", "true");
    reveal();
    history.replaceState(history.state, "", tab.href.replace(/#.*/, ""));
    const body = new URLSearchParams({ lang: tab.dataset.tab });
    const to = new URL("source/", document.querySelector(".brand").href); // of the visitor whose page this is
    fetch(to, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json" } }).catch(() => {});
  });
}
// The function that ran is in sight in its box; the page itself stays where it is.
function reveal() {
  const ran = document.getElementById("ran"), box = ran && ran.closest("pre");
  if (box) box.scrollTop += ran.getBoundingClientRect().top - box.getBoundingClientRect().top - 48;
}
reveal();

// A part of the page that is still at work (data-again, seconds) is fetched again until it is
// done, and put in place of the old one. Without scripts there is a link to do it by hand.
async function follow(part) {
  const seconds = Number(part.dataset.again);
  if (!seconds) return;
  await new Promise((done) => setTimeout(done, seconds * 1000));
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById(part.id);
    if (!answer.ok || !next) return;
    part.replaceWith(next);
    follow(next);
  } catch {
    follow(part); // the network was away: look again
  }
}
document.querySelectorAll("[data-again]").forEach(follow);

// The idle clock: speaks up one minute before an unused sign-in ends, and when it has ended.
// By itself it asks the server for nothing: that would keep the sign-in alive. Its button does
// so without leaving the page, so that a form that is half filled in stays as it is.
const idle = document.querySelector("[data-idle]");
if (idle) {
  const [says, clock, form, carryOn] = ["[role=alert]", "[data-clock]", "form", "a"].map((css) => idle.querySelector(css));
  let state = "", end = 0, calm = 0, before = null;
  const last = (seconds) => { end = Date.now() + Number(seconds) * 1000; };
  const turn = (next) => {
    if (state === next) return;
    state = next;
    idle.hidden = !state;
    idle.dataset.state = state;
    says.textContent = idle.dataset[state] || ""; // role=alert: read out as it appears
    form.hidden = clock.hidden = state !== "warning" && state !== "failed";
    carryOn.hidden = state !== "ended";
  };
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left <= 0) turn("ended");
    else if (Date.now() >= calm) turn(left > 60 ? "" : state === "failed" ? "failed" : "warning");
    clock.textContent = `${left} s`;
  };
  // Where the visitor was at work when the button took the focus.
  idle.addEventListener("focusin", (event) => { before = idle.contains(event.relatedTarget) ? before : event.relatedTarget; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const stay = { method: "POST", body: new URLSearchParams({ next: "/account/" }), headers: { Accept: "application/json" } };
    const answer = await fetch(form.action, stay).catch(() => null); // null: the network is away
    if (!answer || !answer.ok) return turn("failed");
    if (!answer.url.endsWith("/account/")) { // it was sent on to the sign-in page
      last(0); // or the next tick would warn of an end that has come
      return turn("ended");
    }
    last(idle.dataset.full);
    calm = Date.now() + 5000; // the good news stays for a moment
    turn("stayed");
    if (before) before.focus();
  });
  last(idle.dataset.idle);
  tick();
  setInterval(tick, 1000);
}
