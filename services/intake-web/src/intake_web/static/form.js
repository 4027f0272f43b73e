// The report form, one topic a step in the same document. Without this script it is one page, and works.
import { ASKED, LOCALE, all, drop, fill, fresh, hidden, insist, keep, read, register, send, tidy } from "./drafts.js";
import { asPosition, photoField } from "./unggah.js";

const form = document.getElementById("lapor");
const field = (name) => form.elements.namedItem(name);
const words = document.getElementById("kata").content;
const said = (name) => words.querySelector(`[data-${name}]`).cloneNode(true);
const news = document.getElementById("kabar");
const steps = [...form.querySelectorAll(".step")];
const check = document.getElementById("periksa");
const OWN = ["text", "village"];  // words of whoever reports, whatever the page is in
let draft = fresh();
let now = steps[0];

// ---- Steps

const sum = document.getElementById("ringkas");
const parts = document.getElementById("langkah").content.cloneNode(true);
const progress = parts.querySelector(".progress");
const steer = parts.querySelector(".steer");
form.prepend(progress);
form.querySelector(".send").after(steer);
document.getElementById("periksa-dulu").remove();
document.documentElement.classList.add("stepped");
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;

function show(step, focus = true) {
  if (step !== steps[0] && !field("text").value.trim()) return missing();
  now = step;
  const at = steps.indexOf(step);
  for (const each of steps) each.hidden = each !== step;
  const count = progress.querySelector(".count");
  count.textContent = count.dataset.said.replace("{n}", at + 1).replace("{all}", steps.length);
  progress.querySelector(".bar").replaceChildren(...steps.map((_, n) => Object.assign(document.createElement("i"), { className: n <= at ? "past" : "" })));
  steer.querySelector("[data-back]").hidden = at === 0;
  steer.querySelector("[data-next]").hidden = step === check;
  form.querySelector(".send").hidden = step !== check;
  document.documentElement.classList.toggle("begun", at > 0);
  if (step === check) { summarise(); listen().then(summarise); }
  if (focus) {
    step.querySelector("h2").focus({ preventScroll: true });
    scrollTo({ top: Math.max(0, form.offsetTop - 16) });
  }
}

function missing() {
  show(steps[0], false);
  history.replaceState(null, "", address("#apa"));
  const text = field("text");
  let problem = document.getElementById("text-salah");
  if (!problem) {
    problem = Object.assign(document.createElement("p"), { className: "problem", id: "text-salah", textContent: form.dataset.empty });
    text.before(problem);
    text.setAttribute("aria-invalid", "true");
    text.setAttribute("aria-describedby", "text-salah text-bantu");
  }
  text.focus();
}

// Where the hash leads: a step, or a field within one.
function follow(focus = true) {
  const target = document.getElementById(location.hash.slice(1) || "apa");
  const step = target?.closest(".step");
  if (!step) return;
  show(step, focus);
  if (focus && target !== step && step === now) {
    target.closest("details")?.setAttribute("open", "");
    target.focus();
  }
}

const address = (hash) => location.pathname + location.search + hash;
const go = (step) => { location.hash === `#${step.id}` ? show(step) : location.assign(address(`#${step.id}`)); };
addEventListener("hashchange", () => { photos.cancel(); save(); follow(); });
steer.querySelector("[data-back]").addEventListener("click", () => go(steps[steps.indexOf(now) - 1]));
steer.querySelector("[data-next]").addEventListener("click", next);

async function next() {
  if (!field("text").value.trim()) return missing();
  if (now === steps[0] && await stopped()) return;
  sum.replaceChildren();
  go(steps[steps.indexOf(now) + 1]);
}

// ---- What was answered

function placed() {
  const village = field("village").selectedOptions[0];
  return [field("place").value.trim(), village.value && `${village.textContent}, ${village.parentElement.label}`];
}

function answers() {
  const choice = form.querySelector("[name=kind]:checked");
  const label = (input) => form.querySelector(`label[for="${input.id}"]`).textContent;
  const day = field("date").value && new Date(`${field("date").value}T00:00`).toLocaleDateString(LOCALE, { dateStyle: "full" });
  const about = field("anonim").checked ? [label(field("anonim"))] : ["name", "phone", "email"].map((name) => field(name)?.value.trim());
  const rows = [
    ["apa", "text", field("text").value.trim()],
    ["apa", "category", field("category").selectedOptions[0].textContent, !field("category").value && heard.category && check.dataset.category.replace("{category}", heard.category.name)],
    ["apa", choice.id, label(choice), !choice.value && heard.likely_kind && check.dataset.kind.replace("{kind}", label(document.getElementById(`kind-${heard.likely_kind}`)).toLowerCase())],
    ["di-mana", "village", placed().filter(Boolean).join(", "), heard.place_missing && check.dataset.place],
    ["kapan", "occurred", [day, field("occurred").value.trim()].filter(Boolean).join(", "), heard.time_missing && check.dataset.time, heard.time_missing === false],
    ["foto", "photo", photos.count() && check.dataset.photos.replace("{count}", photos.count())],
    ["anda", "anonim", about.filter(Boolean).join(", ")],
    ["anda", "rahasia", field("rahasia").checked && label(field("rahasia"))],
  ];
  return rows.filter(([, id, value]) => value || ["text", "village", "occurred", "anonim"].includes(id));
}

// Where the device is, in words and as a place on a map: nobody reads degrees.
function onMap() {
  const [lat, lon, metres] = field("position").value.split(",");
  const line = Object.assign(document.createElement("p"), { className: "spot", textContent: `${check.dataset.spot.replace("{metres}", metres)} ` });
  const there = `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=18/${lat}/${lon}`;
  line.append(Object.assign(document.createElement("a"), { href: there, target: "_blank", rel: "noopener noreferrer", textContent: check.dataset.map }));
  return line;
}

function summarise() {
  check.querySelector("dl").replaceChildren(...answers().map(([step, id, value, hint, told]) => {
    const row = document.createElement("div");
    const kind = id.startsWith("kind");
    const heading = kind ? document.getElementById(id).closest("fieldset").querySelector("legend").textContent : ["rahasia", "category"].includes(id) ? form.querySelector(`label[for="${id}"]`).textContent : document.getElementById(step).querySelector("h2").textContent;
    const term = Object.assign(document.createElement("dt"), { textContent: heading });
    const detail = document.createElement("dd");
    const place = id === "village" && field("position").value && onMap();
    if (value || !place) detail.append(value ? Object.assign(document.createElement("span"), { className: "told", textContent: value, ...(OWN.includes(id) && { lang: "id" }) }) : said(told ? "told" : "none"));
    if (place) detail.append(place);
    if (!place && (!value || kind || id === "category") && hint) detail.append(Object.assign(document.createElement("p"), { className: "gentle", textContent: hint }));
    const change = document.createElement("dd");
    change.className = "change";
    const button = said("change");
    button.querySelector(".away").textContent = ` ${heading.toLowerCase()}`;
    button.addEventListener("click", () => location.assign(address(`#${id}`)));
    change.append(button);
    row.append(term, detail, change);
    return row;
  }));
}

// ---- Danger: asked while typing pauses, and before going on

let heard = { body: null };

async function listen() {
  const text = field("text").value.trim();
  const body = JSON.stringify({ text, place: placed().filter(Boolean).join(", ") || null, category: field("category").value || null });
  if (!text || body === heard.body) return heard;
  try {
    const answer = await fetch(`/v1/hints${ASKED}`, { method: "POST", body, headers: { "Content-Type": "application/json" }, signal: AbortSignal.timeout(2500) });
    heard = { ...(answer.ok ? await answer.json() : {}), body };
  } catch { return {}; }  // the numbers stand on the page all the same, and the server stops once more
  const box = document.getElementById("bahaya");
  box.replaceChildren(...(heard.danger && !field("called") ? [stop(heard.danger).querySelector(".stop")] : []));
  form.dispatchEvent(new CustomEvent("heard", { detail: heard }));
  return heard;
}

function stop(danger) {
  const part = document.getElementById("berhenti").content.cloneNode(true);
  part.querySelector("h2").textContent = danger.text;
  part.querySelector(".dial").replaceChildren(...danger.call.map(({ number, name }) => {
    const link = Object.assign(document.createElement("a"), { href: `tel:${number}` });
    link.append(Object.assign(document.createElement("b"), { textContent: number }), " ", Object.assign(document.createElement("span"), { textContent: name }));
    return link;
  }));
  return part;
}

async function stopped() {
  const { danger, stop: stopping } = field("called") ? {} : await listen();
  if (!stopping) return false;
  await save();
  document.getElementById("bahaya").replaceChildren();
  const part = stop(danger);
  const wall = Object.assign(document.createElement("div"), { className: "wall" });
  wall.append(part);
  const called = () => form.append(hidden("called", "1"));
  const leave = () => { wall.remove(); form.classList.remove("stopped"); };
  wall.querySelector("[data-go]").addEventListener("click", () => {
    called();
    leave();
    history.replaceState(null, "", address("#apa"));
    next();
  });
  wall.querySelector("[data-send]").addEventListener("click", called);
  history.pushState(null, "", address("#telepon"));
  addEventListener("hashchange", leave, { once: true });
  form.classList.add("stopped");
  form.prepend(wall);
  scrollTo({ top: 0 });
  wall.querySelector("h2").focus({ preventScroll: true });
  return true;
}

let pause;
field("text").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(listen, 1500); });
field("place").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(listen, 1500); });
for (const name of ["village", "place", "category"]) field(name).addEventListener("change", () => { clearTimeout(pause); listen(); });

// ---- Where: the device is asked when the button is pressed, and never otherwise

const spot = document.getElementById("lokasi-kabar");
const unlocate = document.getElementById("lokasi-hapus");

function located(how) {
  spot.textContent = how ? spot.dataset[how] : "";
  unlocate.hidden = how !== "located";
}

document.getElementById("lokasi").addEventListener("click", () => {
  located("locating");
  const failed = () => located("failed");
  if (!navigator.geolocation) return failed();
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    field("position").value = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)},${Math.max(1, Math.round(coords.accuracy))}`;
    located("located");
    later();
  }, failed, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 });
});
unlocate.addEventListener("click", () => { field("position").value = ""; located(null); later(); document.getElementById("lokasi").focus(); });

// ---- Photos: they go as soon as they are chosen

const photos = photoField(form.querySelector("[data-attach]"), {
  of: draft.key,
  chosen: () => save(),
  place: {
    get: () => field("position").value ? field("position").value.split(",").map(Number) : null,
    set: (place) => { field("position").value = asPosition(place); located(place ? "located" : null); later(); },
  },
});

// ---- Who: an anonymous citizen is asked for nothing

const contact = form.querySelector(".contact");
function anonymous() {
  contact.hidden = field("anonim").checked;
  for (const input of contact.querySelectorAll("input")) input.disabled = contact.hidden;
}
field("anonim").addEventListener("change", anonymous);

// ---- The draft

let waiting, written = "", keepable = true;
const state = () => JSON.stringify(read(form));
const tell = (...nodes) => news.replaceChildren(...nodes);

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(save, 400);
}

// One after the other: two at once would have the same version, and the second take the first for another tab's.
let saving = Promise.resolve();
function save(asked) {
  clearTimeout(waiting);
  return saving = saving.catch(() => {}).then(() => write(asked ?? draft.asked));
}

async function write(asked) {
  const is = state();
  if (!keepable || (is === written && asked === draft.asked) || !field("text").value.trim()) return;
  const row = { ...draft, fields: JSON.parse(is), asked };
  let outcome;
  try { outcome = await keep(row); } catch { keepable = false; return; }
  if (outcome === "kept") {
    draft = row;
  } else if (is !== written) {
    // Two tabs had one draft: nothing is overwritten, this becomes another.
    draft = { ...fresh(), fields: row.fields, asked };
    await keep(draft);
    await photos.moveTo(draft.key);
    tell(said(outcome === "gone" ? "sent" : "forked"));
    named();
  } else return;
  written = is;
  if (!steer.nextElementSibling) steer.after(said("kept"));
  history.replaceState(null, "", `/?draf=${draft.key}${location.hash}`);
}

// Who changes the language comes back to the draft, at this step.
document.querySelector(".tongue a")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const { currentTarget: link } = event;
  await save();
  const to = new URL(link.href);
  if (draft.version) to.searchParams.set("ke", `/?draf=${draft.key}${location.hash}`);
  location.assign(to);
});

function named() {
  field("key").value = draft.key;
  field("secret").value = draft.secret;
}

form.addEventListener("input", later);
form.addEventListener("change", () => save());
addEventListener("pagehide", () => save());
document.addEventListener("visibilitychange", () => document.hidden && save());

// ---- Sending

let leaving = false;
form.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  if (now !== check && !event.submitter?.matches("[data-send]")) return next();
  if (!field("text").value.trim()) return missing();
  await save(true);
  const at_once = event.submitter?.matches("[data-send]");
  if (!navigator.onLine && keepable && draft.version) return offline();
  const settled = at_once || await photos.settled(wait);
  if (settled === null) return;
  if (settled === "offline" && keepable && draft.version) return offline();
  if (!settled) return look();
  if (draft.version) sessionStorage.setItem("sent", draft.key);
  leaving = true;
  form.requestSubmit();
  setTimeout(() => { leaving = false; }, 3000);
});

function offline() {
  tell(said("offline"));
  news.scrollIntoView();
  waitToSend();
}

function wait(notice) {
  tell(...(notice ? [notice] : []));
  if (notice) news.scrollIntoView();
}

// Back to the photos before it is sent: nothing goes by itself now.
async function look() {
  await save(false);
  if (now === check) go(document.getElementById("foto"));
}

const waitToSend = insist(sendAgain);

// Tells whether nothing is left to be tried again; what became of the try is said in any case.
async function sendAgain() {
  if (!draft.asked) return true;
  const settled = await photos.settled(wait);
  if (settled !== true) return settled !== "offline";
  await save();
  const outcome = await send(draft, photos.ready());
  if (outcome.url) location.assign(outcome.url);
  else if (outcome === "asks") { leaving = true; form.requestSubmit(); }
  else if (outcome === "gone") { draft.asked = false; tell(said("sent")); }
  else tell(said(outcome));
  return outcome !== "offline" && outcome !== "later";
}

// ---- Begin

async function begin() {
  const wanted = new URLSearchParams(location.search).get("draf");
  const typed = Boolean(field("text").value.trim());
  const answered = sum.firstElementChild ?? document.querySelector(".notice[role=status]");
  let kept = [];
  try { kept = await all(); } catch { keepable = false; }
  const known = wanted && kept.find((each) => each.key === wanted);
  const [key, secret] = ["key", "secret"].map((name) => field(name).value);
  if (typed && !known) {
    // The server asks something of what was sent: it goes on as the draft that it was, or with the key of the answer.
    const same = kept.find((each) => each.key === key);
    const sent = kept.find((each) => each.key === sessionStorage.getItem("sent"));
    draft = { ...fresh(), ...(key ? { key, secret } : {}), ...same, asked: false };
    if (answered && sent && !same) await drop(sent.key);  // it goes on under the key that came with the answer
  } else if (known) {
    draft = { ...known, asked: false };
    fill(form, known.fields);
    written = JSON.stringify(known.fields);
  } else if (kept.length && !typed) {
    const notice = said("found");
    notice.querySelector("[data-open]").href = `/?draf=${kept[0].key}`;
    tell(notice);
  }
  sessionStorage.removeItem("sent");
  named();
  const opened = photos.open(draft.key);
  anonymous();
  located(field("position").value ? "located" : null);
  const wrong = form.querySelector("[aria-invalid]");
  if (answered) {
    show(wrong?.closest(".step") ?? (typed ? check : steps[0]), false);
    answered.tabIndex = -1;
    answered.focus();
  } else if (location.hash) follow(Boolean(typed || known));
  else show(steps[0], false);
  written ||= known ? state() : "";
  await opened;
  tidy().catch(() => {});
}

begin().finally(() => document.documentElement.classList.add("ready"));
register();
