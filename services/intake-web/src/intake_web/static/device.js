// Drafts and numbers of this device, also without a network.
import { all, drop, dropTicket, register, send, tickets } from "./drafts.js";

const said = (name) => document.getElementById("kata").content.querySelector(`[data-${name}]`).cloneNode(true);
const news = document.getElementById("kabar");
const drafts = document.getElementById("draf");
const numbers = document.getElementById("nomor-nomor");
const when = (at) => new Date(at).toLocaleString("id-ID", { dateStyle: "long", timeStyle: "short" });
const notes = new Map();

async function show() {
  const kept = await all();
  drafts.replaceChildren(...kept.map(asDraft));
  document.getElementById("tanpa-draf").hidden = kept.length > 0;
  const sent = await tickets();
  numbers.replaceChildren(...sent.map(asTicket));
  document.getElementById("tanpa-nomor").hidden = sent.length > 0;
  news.replaceChildren(...(navigator.onLine ? [] : [said("offline")]).filter(() => kept.length));
}

function asDraft(draft) {
  const row = said("draft");
  row.querySelector(".told").textContent = draft.fields.text?.slice(0, 140) || said("tentang").textContent;
  row.querySelector("[data-when]").textContent = when(draft.at);
  const note = notes.get(draft.key) ?? (draft.asked && !navigator.onLine ? "waits" : null);
  row.querySelector("[data-note]").textContent = note ? said(note).textContent : "";
  row.querySelector("[data-open]").href = `/?draf=${draft.key}`;
  row.querySelector("[data-send]").addEventListener("click", () => go(draft, true));
  row.querySelector("[data-drop]").addEventListener("click", async () => { await drop(draft.key); await show(); });
  return row;
}

function asTicket(ticket) {
  const row = said("ticket");
  const link = row.querySelector("a");
  link.textContent = ticket.number;
  link.href = `/laporan/${ticket.number}`;
  row.querySelector(".soft").textContent = when(ticket.at);
  row.querySelector("[data-drop]").addEventListener("click", async () => { await dropTicket(ticket.number); await show(); });
  return row;
}

async function go(draft, follow) {
  const outcome = await send(draft);
  if (outcome.url && follow) return location.assign(outcome.url);
  notes.set(draft.key, { offline: "waits", later: "again", asks: "asks" }[outcome]);
  await show();
}

// Only what its sender has said to send.
async function goOn() {
  for (const draft of (await all()).filter((each) => each.asked)) await go(draft, false);
  await show();
}

show().then(() => navigator.onLine && goOn()).catch(() => news.replaceChildren(said("off")));
addEventListener("online", goOn);
addEventListener("offline", show);
register();
