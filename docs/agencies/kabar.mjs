// Baca kabar laporan unit Anda, tanpa Kafka dan tanpa pustaka apa pun (Node.js 18 ke atas). Dengan --sekali: sampai habis.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const { MEJA, UNIT, KUNCI } = process.env;
const berkas = process.env.KURSOR_DI ?? "kursor.txt"; // sampai di mana program ini membaca
const sekali = process.argv.includes("--sekali");
const tunggu = (detik) => new Promise((lanjut) => setTimeout(lanjut, detik * 1000));
let kursor = existsSync(berkas) ? readFileSync(berkas, "utf8") : "0";

function terima({ complaint_id: id, event }) {
  if (event === null) console.log(`hapus\t${id}`); // dihapus atas permintaan pelapornya: hapus juga salinan Anda
  else if (event.data.complaint) {
    const { why, complaint: c } = event.data; // keadaan laporan sekarang, utuh: simpan dengan kunci complaint_id
    console.log([c.ticket, why, c.status, c.text.slice(0, 60)].join("\t"));
  }
}

for (;;) {
  let jawaban;
  try {
    const alamat = `${MEJA}/api/v1/units/${UNIT}/events?after=${kursor}&wait=${sekali ? 0 : 25}`;
    jawaban = await fetch(alamat, { headers: { Authorization: `Bearer ${KUNCI}` }, signal: AbortSignal.timeout(60_000) });
    if (jawaban.status === 410) { kursor = "0"; continue; } // baca lagi dari awal
    if ([429, 500, 502, 503].includes(jawaban.status)) { await tunggu(Number(jawaban.headers.get("retry-after") ?? 5)); continue; }
    if (!jawaban.ok) { console.error(jawaban.status, await jawaban.text()); process.exit(1); }
    jawaban = await jawaban.json();
  } catch (galat) { // jaringan: coba lagi
    console.error(galat.message);
    await tunggu(5);
    continue;
  }
  jawaban.events.forEach(terima);
  kursor = jawaban.next;
  writeFileSync(`${berkas}.baru`, kursor); // baru setelah semuanya tersimpan
  renameSync(`${berkas}.baru`, berkas);
  if (sekali && !jawaban.more) break;
}
