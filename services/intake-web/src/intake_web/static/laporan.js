// The page of a complaint, without reloading it: what changed is put in its place, and said to who can't see it.
// Without this script all of it works by reloading.
import { drop } from "./drafts.js";

const news = document.getElementById("kabar");
const said = document.getElementById("siar");
const RETRY_MS = 30_000, AGAIN_MS = 5_000, ANSWER_MS = 20_000;

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
listenToTools(document);
supported().catch(() => {});

// Nothing more comes of what has ended.
function isOver() {
  return "over" in news.dataset;
}

if (news && !isOver()) follow();

function listenToTools(where) {
  for (const button of where.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = button.dataset.done;
      button.lastChild.textContent = button.dataset.done;
    });
  }
  for (const button of where.querySelectorAll("[data-share]")) {
    button.hidden = !navigator.share;
    const url = location.origin + location.pathname;
    button.addEventListener("click", () => navigator.share({ title: button.dataset.share, url }).catch(() => {}));
  }
}

// Whoever supports this one instead of sending their own has no use for that any more, once it is counted.
async function supported() {
  const [number, key] = sessionStorage.getItem("supporting")?.split(" ") ?? [];
  if (!document.querySelector("[data-supported]") || !location.pathname.endsWith(`/${number}`)) return;
  await drop(key);
  sessionStorage.removeItem("supporting");
}

function follow() {
  const events = new EventSource(`${location.pathname}/kabar`);
  events.addEventListener("complaint", (event) => {
    if (event.lastEventId !== news.dataset.version) renew();
  });
  let timer;
  events.addEventListener("error", () => {
    // A line that broke is opened again by the browser itself; what was refused is not, nor what came to its end.
    if (events.readyState === EventSource.CLOSED) timer ??= setInterval(ask, RETRY_MS);
  });
  async function ask() {
    if (!isOver() && !document.hidden) await renew();
    if (isOver()) clearInterval(timer);
  }
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

async function renew() {
  // In the language of this page, whatever another tab chose since.
  const here = new URL(location.href);
  here.searchParams.set("bahasa", document.documentElement.lang);
  const answer = await fetch(here, { cache: "no-cache", signal: AbortSignal.timeout?.(ANSWER_MS) }).catch(() => null);
  const text = answer?.ok ? await answer.text().catch(() => null) : "";
  // Else what changed would not be seen until the next change.
  if (!answer || text === null || answer.status >= 500) setTimeout(renew, AGAIN_MS);
  if (!text) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const now = page.getElementById("kabar");
  if (now && "over" in now.dataset) news.dataset.over = "";
  if (!now || now.dataset.version === news.dataset.version) return;
  news.dataset.version = now.dataset.version;
  const what = now.querySelector(".what")?.textContent ?? "";
  for (const part of news.querySelectorAll("[data-part]")) {
    const other = now.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!other || other.innerHTML === part.innerHTML || isWrittenIn(part)) continue;
    const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
    part.replaceChildren(...other.childNodes);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    part.classList.add("fresh");
    listenToTools(part);
  }
  document.dispatchEvent(new Event("renewed"));
  document.title = page.title;
  said.textContent = `${news.dataset.said} ${what}`;
}

// What somebody is writing is not taken from under their hands.
function isWrittenIn(part) {
  const fields = [...part.querySelectorAll("textarea, input:not([type=hidden])")];
  const typed = (field) => (field.type === "radio" || field.type === "checkbox" ? field.checked : field.value !== "");
  return part.contains(document.activeElement) || part.querySelector(".picked li") || fields.some(typed);
}
