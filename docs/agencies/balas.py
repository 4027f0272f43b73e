"""Balas satu laporan: python balas.py TIKET TINDAKAN [message=... reason=... support=A,B evidence='[{...}]']"""

import json
import os
import sys
import time
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer, TopicPartition

unit, (tiket, tindakan, *isian) = os.environ["UNIT"], sys.argv[1:]
daftar = {"support": lambda nilai: nilai.split(","), "evidence": json.loads}  # yang lain teks, apa adanya
bidang = {nama: daftar.get(nama, str)(nilai) for nama, nilai in (satu.split("=", 1) for satu in isian)}
kafka = {
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"],
    "security.protocol": os.environ.get("KAFKA_PROTOCOL", "SASL_SSL"),
    "ssl.ca.location": os.environ.get("KAFKA_CA_FILE", ""),
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": unit,
    "sasl.password": os.environ["KAFKA_PASSWORD"],
}
balasan = {
    "specversion": "1.0",
    "type": "unit.replied.v1",
    "id": str(uuid.uuid4()),  # jawaban menyebut id ini; balasan yang sama diulang dengan id yang sama
    "source": f"/unit/{unit}",
    "subject": tiket,
    "time": datetime.now(UTC).isoformat(),
    "data": {"ticket": tiket, "action": tindakan} | bidang,
}
masuk = TopicPartition(f"unit.{unit.lower()}.routed.v1", 0)
consumer = Consumer(kafka | {"group.id": f"unit.{unit.lower()}.balas", "enable.auto.commit": False})
masuk.offset = consumer.get_watermark_offsets(masuk, timeout=30)[1]
consumer.assign([masuk])  # mulai mendengar sebelum bicara
producer = Producer(kafka | {"enable.idempotence": True})
producer.produce(f"unit.{unit.lower()}.replied.v1", json.dumps(balasan).encode(), tiket.encode())
if producer.flush(30):
    sys.exit("Kafka tidak menerima balasan ini")
batas = time.monotonic() + 30
while time.monotonic() < batas:
    rekaman = consumer.poll(0.5)
    if rekaman is None or rekaman.error() or rekaman.value() is None:
        continue
    jawaban = json.loads(rekaman.value())["data"].get("reply")
    if jawaban and jawaban["event_id"] == balasan["id"]:
        consumer.close()
        if not jawaban["accepted"]:
            sys.exit(f"ditolak: {jawaban['reason']}")
        print("diterima")
        sys.exit()
sys.exit("belum dijawab dalam 30 detik; jawabannya tetap akan datang di topik Anda")
