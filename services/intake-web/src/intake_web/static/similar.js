// What may be reported already, shown quietly where it is and before it is sent. form.js asks, and tells with "heard".
import { LOCALE } from "./drafts.js";

const form = document.getElementById("lapor");
const support = document.getElementById("dukung");
const [block, line] = document.getElementById("serupa").content.children;
const siar = document.getElementById("serupa-siar");
const day = (at) => new Date(at).toLocaleDateString(LOCALE, { dateStyle: "long" });
let others = new Set();  // what was said to be another matter is not shown again

function entry(row) {
  const item = line.cloneNode(true);
  const status = item.querySelector(".stand");
  status.textContent = row.status_text[0].toUpperCase() + row.status_text.slice(1) + (row.late ? ` · ${block.dataset.late}` : "");
  status.classList.toggle("stand-late", row.late);
  const link = item.querySelector("a");
  link.href = `/laporan/${row.ticket}`;
  link.append(row.category_name, away(` ${row.ticket}${block.dataset.tab}`));
  item.querySelector("[data-where]").textContent = [[row.desa, row.kecamatan].filter(Boolean).join(", "), row.unit_name].filter(Boolean).join(" · ");
  item.querySelector("[data-when]").append(`${block.dataset.received} ${day(row.received_at)}`);
  if (row.supporters) item.querySelector("[data-when]").append(" · ", Object.assign(document.createElement("b"), { textContent: `${row.supporters} ${block.dataset.supporters}` }));
  const button = item.querySelector("button");
  button.setAttribute("formaction", `/laporan/${row.ticket}/dukung`);
  button.querySelector(".away").textContent = ` ${row.category_name}, ${row.ticket}`;
  return item;
}

const away = (textContent) => Object.assign(document.createElement("span"), { className: "away", textContent });

function show(rows) {
  const shown = rows.filter((row) => !others.has(row.ticket));
  const before = siar.textContent;
  siar.textContent = shown.length ? block.querySelector("h3").textContent : "";
  if (before && !shown.length) siar.textContent = "";
  for (const place of form.querySelectorAll("[data-same]")) {
    if (!shown.length) { place.replaceChildren(); continue; }
    const part = block.cloneNode(true);
    part.querySelector("ul").append(...shown.map(entry));
    part.querySelector("[data-other]").addEventListener("click", () => {
      others = new Set([...others, ...shown.map((row) => row.ticket)]);
      show(rows);
      [...form.querySelectorAll("[data-next], #kirim")].find((button) => button.offsetParent)?.focus();
    });
    place.replaceChildren(part);
  }
}

form.addEventListener("heard", ({ detail }) => show(detail.danger ? [] : detail.similar ?? []));

// Who supports another's complaint sends none. The draft stays until the page of that one says that it was counted: see laporan.js.
support.addEventListener("submit", ({ submitter }) => {
  const number = /SPG-[0-9A-Z]{4}-[0-9A-Z]{5}/.exec(submitter.formAction)[0];
  sessionStorage.setItem("supporting", `${number} ${form.elements.namedItem("key").value}`);
});
addEventListener("pageshow", () => sessionStorage.removeItem("supporting"));
