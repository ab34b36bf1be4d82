// The live feed: new events are put on top of the table as they happen. Without
// scripts, or when the stream is refused, the table stays as the server drew it.
const table = document.querySelector("[data-stream]");
const state = document.querySelector("[data-stream-state]");
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

if (table && state && window.EventSource) {
  const body = table.tBodies[0];
  const stream = new EventSource(table.dataset.stream);
  stream.onopen = () => { state.textContent = "Live"; state.dataset.on = "yes"; };
  stream.onerror = () => {
    state.textContent = stream.readyState === EventSource.CLOSED ? "Stopped" : "Connecting again";
    state.dataset.on = "no";
  };
  stream.onmessage = (message) => {
    body.querySelector("[data-none]")?.remove();
    body.prepend(row(JSON.parse(message.data)));
    while (body.rows.length > keep) body.lastElementChild.remove();
  };
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
}
