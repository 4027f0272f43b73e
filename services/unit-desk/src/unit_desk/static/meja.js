// What a script adds: nothing is pressed twice, sentences come without a new page, and triage has keys.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    setTimeout(() => { sent = false; }, 4000);
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const words = document.querySelector("textarea#words[data-of]");
for (const button of document.querySelectorAll("[data-sentence]")) {
  if (!words) break;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const before = words.value.trimEnd();
    words.value = before ? `${before} ${button.textContent}` : button.textContent;
    words.focus();
    const gap = words.value.indexOf("…", before.length);
    if (gap >= 0) words.setSelectionRange(gap, gap + 1);
    words.dispatchEvent(new Event("input"));
  });
}

// What is being written stays in this tab until it is sent, for who wrote it: a session may end meanwhile.
const asked = new URLSearchParams(location.search);
const isSent = (to) => {
  const here = `${location.pathname}/`;
  if (to === `${here}catatan`) return asked.has("dicatat");
  if (to === "/loket") return location.pathname.startsWith("/loket/");
  return to.startsWith(here) && (asked.has("balasan") || location.hash === "#persetujuan");
};
for (const name of Object.keys(sessionStorage)) {
  const [what, , to] = name.split(" ");
  if (what === "tulisan" && isSent(to)) sessionStorage.removeItem(name);
}
if (asked.has("dicatat")) { // or it would be taken for sent again when the page follows a change
  asked.delete("dicatat");
  history.replaceState(null, "", `${location.pathname}?${asked}${location.hash}`);
}
for (const field of document.querySelectorAll("textarea[data-of]")) {
  const name = `tulisan ${field.dataset.of} ${new URL(field.form.action).pathname}`;
  field.value ||= sessionStorage.getItem(name) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(name, field.value));
}

const cases = [...document.querySelectorAll(".case")];
if (cases.length) {
  for (const hint of document.querySelectorAll("[data-script]")) hint.hidden = false;
  let at = -1;
  const go = (to) => {
    at = Math.max(0, Math.min(cases.length - 1, to));
    cases[at].focus();
    cases[at].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("focusin", (event) => {
    const found = cases.indexOf(event.target.closest(".case"));
    if (found >= 0) at = found;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("textarea, input:not([type=radio]), select")) return;
    const key = event.key.toLowerCase();
    if (key === "j") go(at + 1);
    else if (key === "k") go(at - 1);
    else if (/^[1-3]$/.test(key)) {
      if (at < 0) at = 0;
      const radio = cases[at].querySelector(`[data-key="${key}"]`);
      if (!radio) return;
      event.preventDefault();
      radio.checked = true;
      radio.focus();
    }
  });
}

// A reply that is not answered yet is asked for again, some times.
const again = document.querySelector("[data-again]");
if (again) {
  const times = Number(sessionStorage.getItem(location.pathname) ?? 0) + 1;
  sessionStorage.setItem(location.pathname, times);
  const form = () => document.activeElement?.closest("form");
  const renew = () => { if (form()) wait(); else location.reload(); }; // nobody's writing is taken from under their hands
  const wait = () => { next = setTimeout(renew, 2000 * Math.min(times, 5)); };
  let next;
  if (times <= 15) wait();
  // To load it again would call back who has pressed a link meanwhile, and waits for that.
  addEventListener("beforeunload", () => clearTimeout(next));
} else sessionStorage.removeItem(location.pathname);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
