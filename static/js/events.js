// The live feed: new events are put on top of the table as they happen. Without
// scripts, or when the stream is refused, the table stays as the server drew it.
const table = document.querySelector("[data-stream]");
const state = document.querySelector("[data-stream-state]");
const pause = document.querySelector("[data-stream-pause]");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const keep = 100; // rows

function row(event) {
  const tr = document.createElement("tr");
  tr.className = "new";
  tr.dataset.kind = event.kind || "";
  const cells = [
    ["Time", event.time, "mono"], ["What", event.name, "what"], ["Visitor", event.visitor, "mono"],
    ["Engine", event.engine, "mono"], ["Detail", event.detail, "any"], ["Request", event.request, "mono"],
  ];
  for (const [label, text, name] of cells) {
    const td = document.createElement("td");
    td.dataset.label = label;
    td.className = name;
    td.textContent = text || "–"; // text, never HTML: events carry what visitors sent
    tr.append(td);
  }
  return tr;
}

// put adds a row without moving what is in view: the feed scrolls along by its height, and in
// the next frame up to it, unless somebody is reading further down.
function put(event) {
  const feed = table.parentElement, body = table.tBodies[0];
  const onTop = feed.scrollTop < feed.clientHeight / 2, height = feed.scrollHeight;
  body.querySelector("[data-none]")?.remove();
  body.prepend(row(event));
  feed.scrollTop += feed.scrollHeight - height;
  const up = () => feed.scrollTo({ top: 0, behavior: still.matches ? "instant" : "smooth" });
  if (onTop) requestAnimationFrame(() => requestAnimationFrame(up));
  while (body.rows.length > keep) body.lastElementChild.remove();
}

if (table && state && window.EventSource) {
  let stream = null; // none while the tab is hidden
  let held = null; // what has come while the feed is paused
  const say = () => {
    const open = stream?.readyState === EventSource.OPEN;
    const word = held ? "Paused" : open ? "Live" : stream?.readyState === EventSource.CLOSED ? "Stopped" : "Connecting again";
    if (state.textContent !== word) state.textContent = word; // the same again would be read out again
    state.dataset.on = open && !held ? "yes" : "no";
    pause.textContent = held ? `Go on (${held.length})` : "Pause";
  };
  // A browser has six connections for a site, and each stream holds one. So a tab that nobody
  // sees has no stream, and asks for what it has missed when it is shown.
  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(table.dataset.stream);
    stream.onopen = stream.onerror = say;
    stream.onmessage = (message) => {
      table.dataset.stream = `/events/stream?after=${message.lastEventId}`;
      const event = JSON.parse(message.data);
      if (held) held.push(event);
      else put(event);
      say();
    };
  };
  const leave = () => {
    stream?.close();
    stream = null;
    say();
  };
  listen();
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else listen(); });
  pause.hidden = false;
  pause.addEventListener("click", () => {
    const waiting = held || [];
    held = held ? null : [];
    waiting.slice(-keep).forEach(put);
    say();
  });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
}
