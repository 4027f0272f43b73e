"""Balas satu laporan: python balas.py TIKET TINDAKAN [message=... reason=... support=A,B evidence='[{...}]']"""

import json
import sys
import time
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer, TopicPartition
from koneksi import GRUP, KAFKA, KELUAR, MASUK, UNIT

if len(sys.argv) < 3 or not all("=" in satu for satu in sys.argv[3:]):
    sys.exit(__doc__)
tiket, tindakan, *isian = sys.argv[1:]
daftar = {"support": lambda nilai: nilai.split(","), "evidence": json.loads}  # yang lain teks, apa adanya
bidang = {nama: daftar.get(nama, str)(nilai) for nama, nilai in (satu.split("=", 1) for satu in isian)}
id_ = str(uuid.uuid4())  # jawaban menyebut id ini; balasan yang sama diulang dengan id yang sama
balasan = {"specversion": "1.0", "type": "unit.replied.v1", "id": id_, "source": f"/unit/{UNIT}", "subject": tiket}
balasan |= {"time": datetime.now(UTC).isoformat(), "data": {"ticket": tiket, "action": tindakan} | bidang}
consumer, masuk = Consumer(KAFKA | {"group.id": GRUP + "balas"}), TopicPartition(MASUK, 0)
masuk.offset = consumer.get_watermark_offsets(masuk, timeout=30)[1]
consumer.assign([masuk])  # mulai mendengar sebelum bicara
producer = Producer(KAFKA | {"enable.idempotence": True})
producer.produce(KELUAR, json.dumps(balasan).encode(), tiket.encode())
if producer.flush(30):
    sys.exit("Kafka tidak menerima balasan ini")
batas = time.monotonic() + 30
while time.monotonic() < batas:
    rekaman = consumer.poll(0.5)
    if rekaman is None or rekaman.error() or rekaman.value() is None:
        continue
    jawaban = json.loads(rekaman.value())["data"].get("reply")
    if jawaban and jawaban["event_id"] == id_:
        consumer.close()
        if not jawaban["accepted"]:
            sys.exit(f"ditolak ({jawaban['code']}): {jawaban['reason']}")
        disamarkan = " ".join(jawaban.get("masked", []))
        print(f"diterima; warga membaca {disamarkan} sebagai gantinya" if disamarkan else "diterima")
        sys.exit()
sys.exit("belum dijawab dalam 30 detik; jawabannya akan datang di topik Anda, kecuali balasan ini tidak sesuai skema")
