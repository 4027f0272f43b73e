// Balas satu laporan dan tunggu jawabannya: node balas.mjs TIKET TINDAKAN [message=... reason=... support=A,B evidence='[{...}]']
import { randomUUID } from "node:crypto";
import { UNIT, grup, kafka, keluar, masuk } from "./koneksi.mjs";

const [ticket, action, ...isian] = process.argv.slice(2);
if (!action || !isian.every((satu) => satu.includes("="))) {
  console.error("node balas.mjs TIKET TINDAKAN [message=... reason=...]");
  process.exit(1);
}
const id = randomUUID(); // jawaban menyebut id ini; balasan yang sama diulang dengan id yang sama
const daftar = { support: (nilai) => nilai.split(","), evidence: JSON.parse }; // yang lain teks, apa adanya
const bidang = isian.map((satu) => {
  const [nama, nilai] = [satu.slice(0, satu.indexOf("=")), satu.slice(satu.indexOf("=") + 1)];
  return [nama, daftar[nama]?.(nilai) ?? nilai];
});
const balasan = {
  specversion: "1.0", type: "unit.replied.v1", id, source: `/unit/${UNIT}`, subject: ticket,
  time: new Date().toISOString(), data: { ticket, action, ...Object.fromEntries(bidang) },
};
const consumer = kafka.consumer({ groupId: `${grup}balas-${id}`, maxWaitTimeInMs: 250 });
await consumer.connect();
await consumer.subscribe({ topic: masuk, fromBeginning: false });
const mendengar = new Promise((siap) => consumer.on(consumer.events.FETCH, siap));
const jawaban = new Promise((ada) => {
  const eachMessage = async ({ message: { value } }) => {
    const reply = value && JSON.parse(value).data.reply;
    if (reply?.event_id === id) ada(reply);
  };
  consumer.run({ autoCommit: false, eachMessage });
});
await mendengar; // mulai mendengar sebelum bicara
const producer = kafka.producer({ idempotent: true });
await producer.connect();
await producer.send({ topic: keluar, messages: [{ key: ticket, value: JSON.stringify(balasan) }] });
const reply = await Promise.race([jawaban, new Promise((habis) => setTimeout(habis, 30_000))]);
await Promise.all([consumer.disconnect(), producer.disconnect()]);
const disamarkan = (reply?.masked ?? []).join(" ");
if (reply?.accepted) console.log(disamarkan ? `diterima; warga membaca ${disamarkan} sebagai gantinya` : "diterima");
else console.error(reply ? `ditolak (${reply.code}): ${reply.reason}` : "belum dijawab dalam 30 detik; jawabannya akan datang di topik Anda, kecuali balasan ini tidak sesuai skema");
process.exit(reply?.accepted ? 0 : 1);
