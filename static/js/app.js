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
// It asks the server for nothing: a page that asks by itself would keep the sign-in alive.
const idle = document.querySelector("[data-idle]");
if (idle) {
  const end = Date.now() + Number(idle.dataset.idle) * 1000;
  const [warning, clock, ended] = ["warning", "clock", "ended"].map((n) => idle.querySelector(`[data-${n}]`));
  const tick = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 60) return;
    idle.hidden = false; // role=alert: read out once, as it appears
    clock.textContent = `${Math.max(left, 0)} s`;
    if (left > 0) return;
    clearInterval(tick);
    warning.hidden = clock.hidden = true;
    ended.hidden = false;
  }, 1000);
}
