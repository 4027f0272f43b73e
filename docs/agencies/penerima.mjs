// Terima webhook dari meja, tanpa pustaka: periksa tanda tangannya, jawab segera, lalu baca kabarnya lewat API.
import { spawn } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { RAHASIA, PORT = "8080" } = process.env; // whsec_…; di belakang proxy dengan HTTPS
const kunci = Buffer.from(RAHASIA.replace(/^whsec_/, ""), "base64");

function sah(kepala, isi) {
  const { "webhook-id": id, "webhook-timestamp": waktu, "webhook-signature": tanda } = kepala;
  if (!id || !tanda || !(Math.abs(Date.now() / 1000 - waktu) < 300)) return false; // rekaman lama tidak diputar ulang
  const benar = createHmac("sha256", kunci).update(`${id}.${waktu}.`).update(isi).digest();
  return tanda.split(" ").some((satu) => { // selama sehari ada dua: rahasia yang baru dan yang lama
    const [versi, nilai = ""] = satu.split(",");
    const dikirim = Buffer.from(nilai, "base64");
    return versi === "v1" && dikirim.length === benar.length && timingSafeEqual(dikirim, benar);
  });
}

let membaca, lagi = false;
function baca() { // satu per satu, dan sekali untuk banyak pemberitahuan
  if (!process.env.KUNCI) return;
  if (membaca) { lagi = true; return; }
  membaca = spawn(process.execPath, [new URL("kabar.mjs", import.meta.url).pathname, "--sekali"], { stdio: "inherit" });
  membaca.on("exit", () => { membaca = undefined; if (lagi) { lagi = false; baca(); } });
}
setInterval(baca, 600_000); // juga tanpa pemberitahuan: tidak ada yang bergantung padanya

createServer(async (minta, jawab) => {
  const bagian = [];
  let panjang = 0;
  for await (const satu of minta) if ((panjang += satu.length) <= 100_000) bagian.push(satu);
  const isi = Buffer.concat(bagian);
  if (!sah(minta.headers, isi)) return jawab.writeHead(401).end();
  jawab.writeHead(204).end(); // segera: yang lebih lama dari 10 detik dikirim lagi
  const { type, data } = JSON.parse(isi);
  console.log(type, data.ticket ?? "-");
  baca();
}).listen(Number(PORT), "127.0.0.1", () => console.log(`menunggu di port ${PORT}`));
