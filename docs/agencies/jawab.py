"""Balas tanpa Kafka: python jawab.py TIKET TINDAKAN [message=... reason=... support=A,B evidence='[{...}]']"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

MEJA, UNIT, KUNCI = os.environ["MEJA"], os.environ["UNIT"], os.environ["KUNCI"]


def minta(jalan, isi=None, **kepala):
    kepala["Authorization"] = f"Bearer {KUNCI}"
    badan = None if isi is None else json.dumps(isi).encode()
    permintaan = urllib.request.Request(f"{MEJA}/api/v1/units/{UNIT}/{jalan}", badan, kepala)
    with urllib.request.urlopen(permintaan, timeout=60) as jawaban:
        return json.load(jawaban)


if len(sys.argv) < 3 or not all("=" in satu for satu in sys.argv[3:]):
    sys.exit(__doc__)
tiket, tindakan, *isian = sys.argv[1:]
daftar = {"support": lambda nilai: nilai.split(","), "evidence": json.loads}  # yang lain teks, apa adanya
bidang = {nama: daftar.get(nama, str)(nilai) for nama, nilai in (satu.split("=", 1) for satu in isian)}
kunci = str(uuid.uuid4())  # tidak pasti sudah terkirim? kirim lagi dengan kunci yang sama: yang kedua diabaikan
for kali in range(5):
    try:
        balasan = {"ticket": tiket, "action": tindakan} | bidang
        terkirim = minta("replies", balasan, **{"Idempotency-Key": kunci, "Content-Type": "application/json"})
        break
    except urllib.error.HTTPError as galat:
        if galat.code not in (429, 500, 502, 503) or kali == 4:
            masalah = json.load(galat)
            salah = [f"{satu['field']}: {satu['detail']}" for satu in masalah.get("errors", [])]
            sys.exit("\n".join([masalah["detail"], *salah]))
        time.sleep(int(galat.headers.get("Retry-After") or 5))
kursor, batas = terkirim["cursor"], time.monotonic() + 30  # jawabannya datang sesudah kursor itu
while time.monotonic() < batas:
    bagian = minta(f"events?after={kursor}&wait=10")
    kursor = bagian["next"]
    for kabar in bagian["events"]:
        jawaban = (kabar["event"] or {}).get("data", {}).get("reply")
        if jawaban and jawaban["event_id"] == terkirim["event_id"]:
            if not jawaban["accepted"]:
                sys.exit(f"ditolak ({jawaban['code']}): {jawaban['reason']}")
            disamarkan = " ".join(jawaban.get("masked", []))
            print(f"diterima; warga membaca {disamarkan} sebagai gantinya" if disamarkan else "diterima")
            sys.exit()
print("terkirim, belum dijawab dalam 30 detik; jawabannya akan datang di kabar unit Anda")
