// The foreign script in the frame on /security/: it shows what document.cookie gives away.
const cookies = document.cookie.split("; ").filter(Boolean);
for (const cell of document.querySelectorAll("[data-cookie]")) {
  const got = cookies.find((c) => c.startsWith(`${cell.dataset.cookie}=`));
  cell.textContent = got ? "stolen" : "nothing";
  cell.className = got ? "bad" : "ok";
}
// A whole key is nothing to put on a screen that others may see.
const covered = cookies.map((c) => (c.length > 28 ? `${c.slice(0, 28)}••••` : c));
document.getElementById("loot").textContent = `document.cookie = "${covered.join("; ")}"`;
