// Drafts and numbers of this device, also without a network.
import { LOCALE, all, drop, dropTicket, insist, keep, photosOf, reachable, register, tickets } from "./drafts.js";
import { dropRefused, sendDraft } from "./unggah.js";

const said = (name) => document.getElementById("kata").content.querySelector(`[data-${name}]`).cloneNode(true);
const news = document.getElementById("kabar");
const drafts = document.getElementById("draf");
const numbers = document.getElementById("nomor-nomor");
const when = (at) => new Date(at).toLocaleString(LOCALE, { dateStyle: "long", timeStyle: "short" });
const notes = new Map();
const RETRIED = ["offline", "later"];
// Where a report was to be sent without a network, this page stands instead; of one that no draft is of only that can be said.
const instead = location.pathname !== "/draf";
let lost, cut = !navigator.onLine;

async function show() {
  const kept = await all();
  drafts.replaceChildren(...await Promise.all(kept.map(asDraft)));
  lost ??= instead && !kept.length;
  document.getElementById("tanpa-draf").hidden = lost || kept.length > 0;
  const sent = await tickets();
  numbers.replaceChildren(...sent.map(asTicket));
  document.getElementById("tanpa-nomor").hidden = sent.length > 0;
  news.replaceChildren(...(lost ? [said("unsent")] : cut ? [said(kept.length ? "offline" : "no-network")] : []));
}

async function asDraft(draft) {
  const row = said("draft");
  const photos = await photosOf(draft.key);
  row.querySelector(".told").textContent = draft.fields.text?.slice(0, 140) || said("tentang").textContent;
  row.querySelector("[data-when]").textContent = when(draft.at);
  const note = notes.get(draft.key) ?? (draft.asked && cut ? "waits" : null);
  const refused = photos.find(({ why }) => why);
  row.querySelector("[data-photos]").textContent = photos.length ? said("photo-count").textContent.replace("{count}", photos.length) : "";
  row.querySelector("[data-note]").textContent = refused?.why ?? (note ? said(note).textContent : "");
  const without = row.querySelector("[data-without]");
  without.hidden = !refused;
  without.addEventListener("click", async () => { await dropRefused(draft.key); await wanted(draft); });
  row.querySelector("[data-open]").href = `/?draf=${draft.key}`;
  row.querySelector("[data-send]").addEventListener("click", () => wanted(draft));
  row.querySelector("[data-drop]").addEventListener("click", async () => { await drop(draft.key); await show(); });
  return row;
}

function asTicket(ticket) {
  const row = said("ticket");
  const link = row.querySelector("a");
  link.textContent = ticket.number;
  link.href = `/laporan/${ticket.number}`;
  row.querySelector(".told").textContent = ticket.about ?? "";
  row.querySelector(".soft").textContent = when(ticket.at);
  status(ticket.number).then((text) => { row.querySelector("[data-status]").textContent = text; });
  row.querySelector("[data-drop]").addEventListener("click", async () => { await dropTicket(ticket.number); await show(); });
  return row;
}

// How far it is; nothing without a network.
async function status(number) {
  try {
    const answer = await fetch(`/v1/complaints/${number}?bahasa=${document.documentElement.lang}`);
    const text = answer.ok ? (await answer.json()).status_text : "";
    return text.charAt(0).toUpperCase() + text.slice(1);
  } catch { return ""; }
}

// What somebody has said to send is tried again, too.
async function wanted(draft) {
  if (!draft.asked) await keep(Object.assign(draft, { asked: true }));
  if (RETRIED.includes(await go(draft, true))) waitToSend();
}

async function go(draft, follow) {
  const tell = (n, all) => news.replaceChildren(Object.assign(said("photo"), { textContent: said("photo").textContent.replace("{n}", n).replace("{all}", all) }));
  const outcome = await sendDraft(draft, said("unwanted").textContent, tell);
  if (outcome.url && follow) return location.assign(outcome.url);
  cut ||= outcome === "offline";
  notes.set(draft.key, { offline: "waits", later: "again", asks: "asks" }[outcome] ?? null);
  await show();
  return outcome;
}

// Only what its sender has said to send. Tells whether nothing is left to be tried again.
async function goOn() {
  const outcomes = [];
  cut = !await reachable();
  for (const draft of (await all()).filter((each) => each.asked)) outcomes.push(await go(draft, instead));
  await show();
  return !cut && !outcomes.some((each) => RETRIED.includes(each));
}

const waitToSend = insist(goOn);
show().then(async () => await goOn() || waitToSend()).catch(() => news.replaceChildren(said("off")));
addEventListener("offline", () => { cut = true; show(); });
register();
