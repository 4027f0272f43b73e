// A list that follows: what changed is put in its place, and said to who can't see it. Without this script a press shows it.
const PARTS = ["#langsung", ".top nav", ".tabs", ".head", "#menunggu"];
const POLL_MS = 30_000, SAID_MS = 8_000, AGAIN_MS = 5_000, ANSWER_MS = 20_000;
// The desk says something each 20 s. A line that is silent for longer is dead, though nobody has said so.
const SILENT_MS = 45_000;
// A line does not slip away from under a finger or a mouse that is about to press it.
const STILL_MS = 1_500;
const said = document.getElementById("siar");
// In the queue of triage nothing is replaced under who is choosing.
const queue = document.getElementById("antrean");
const off = document.getElementById("putus");
let events, polling, lost, silent, running = false, again = false, moved = 0;

for (const kind of ["pointermove", "pointerdown"]) {
  document.addEventListener(kind, (event) => { if (event.target.closest?.("#langsung")) moved = Date.now(); }, { passive: true });
}
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : follow()));
addEventListener("pagehide", stop);
if (!document.hidden) follow();

// Only what is looked at holds a connection: a browser has six for all its tabs (HTTP/1.1).
function follow() {
  stop();
  events = new EventSource("/perubahan");
  alive();
  events.addEventListener("open", () => { connected(true); renew(); });
  for (const kind of ["open", "changed", "ping"]) events.addEventListener(kind, alive);
  events.addEventListener("changed", renew);
  events.addEventListener("over", leave);
  events.addEventListener("error", () => {
    lost ??= setTimeout(() => connected(false), SAID_MS);
    // A line that broke is opened again by the browser itself; what was refused is not: is the session over already?
    if (events.readyState !== EventSource.CLOSED || polling) return;
    clearTimeout(silent);
    polling = setInterval(renew, POLL_MS);
    renew();
  });
}

function alive() {
  clearTimeout(silent);
  silent = setTimeout(follow, SILENT_MS);
}

function stop() {
  events?.close();
  clearInterval(polling);
  clearTimeout(silent);
  clearTimeout(lost);
  polling = lost = undefined;
}

function connected(yes) {
  clearTimeout(lost);
  lost = undefined;
  if (off) off.hidden = yes;
}

function renew() {
  again = true;
  if (!running) run();
}

async function run() {
  running = true;
  try {
    while (again && !document.hidden) {
      again = false;
      await load();
    }
  } finally { running = false; }
}

// The header says that nobody pressed anything: the session ends all the same.
async function load() {
  const signal = AbortSignal.timeout?.(ANSWER_MS), headers = { "Meja-Latar": "1" };
  const answer = await fetch(location.href, { headers, signal, redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") return leave();
  const text = answer?.ok ? await answer.text().catch(() => null) : "";
  // Else what changed would not be seen until the next change.
  if (!answer || text === null || answer.status >= 500) setTimeout(renew, AGAIN_MS);
  if (!text) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  if (polling) connected(true);
  for (let rest; (rest = moved + STILL_MS - Date.now()) > 0;) await new Promise((go) => setTimeout(go, rest));
  put(page);
}

// What came to the queue, and what somebody else has decided, is said.
function tell(page) {
  const [here, there] = [document, page].map((each) => new Set([...each.querySelectorAll(".case")].map(({ id }) => id)));
  const came = [...there].filter((id) => !here.has(id)), gone = [...here].filter((id) => !there.has(id));
  for (const id of here) document.getElementById(id).classList.toggle("gone", gone.includes(id));
  const told = [came.length && `${came.length} laporan baru`, gone.length && `${gone.length} sudah diputuskan`].filter(Boolean).join(", ");
  queue.hidden = !told;
  if (queue.firstElementChild.textContent !== told) queue.firstElementChild.textContent = told;
}

function put(page) {
  if (queue) return tell(page);
  const known = new Set(lines(document));
  for (const part of PARTS) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (!old || !fresh || old.outerHTML === fresh.outerHTML) continue;
    const here = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    old.replaceWith(fresh);
    // Who goes through the list by keys stays at the same complaint.
    if (here !== null) [...fresh.querySelectorAll("a[href]")].find((each) => each.getAttribute("href") === here)?.focus();
  }
  document.title = page.title;
  const added = lines(document).filter((each) => !known.has(each));
  for (const link of document.querySelectorAll("#langsung h2 a")) {
    if (added.includes(link.getAttribute("href"))) link.closest(".item")?.classList.add("fresh");
  }
  if (added.length && said) said.textContent = `${added.length} laporan baru di daftar ini.`;
}

function lines(where) {
  return [...where.querySelectorAll("#langsung h2 a")].map((each) => each.getAttribute("href"));
}

// The session is over: nobody reads on what is no longer theirs to read.
function leave() {
  stop();
  location.reload();
}
