// The page after sending: the draft goes, its number stays on this device; the code is copied or printed.
import { addTicket, drop } from "./drafts.js";

const card = document.querySelector("[data-ticket]");
if (card) {
  const key = sessionStorage.getItem("sent");
  addTicket(card.dataset.ticket).then(() => key && drop(key)).then(() => sessionStorage.removeItem("sent")).catch(() => {});
  card.querySelector("[data-script]").hidden = false;
  for (const button of card.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      card.querySelector("[data-copied]").hidden = false;
    });
  }
  card.querySelector("[data-print]").addEventListener("click", () => print());
}

// A secret link: what stands behind the # was sent to nobody, and leaves the address bar at once.
const code = location.pathname.endsWith("/buka") && decodeURIComponent(location.hash.slice(1));
if (code) {
  document.getElementById("secret").value = code;
  history.replaceState(null, "", location.pathname);
}
