"""Terima laporan unit Anda dan simpan keadaan terakhirnya. Terus-menerus, atau sampai habis dengan --sekali."""

import json
import os
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaError

unit = os.environ["UNIT"]
kafka = {
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"],
    "security.protocol": os.environ.get("KAFKA_PROTOCOL", "SASL_SSL"),
    "ssl.ca.location": os.environ.get("KAFKA_CA_FILE", ""),
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": unit,
    "sasl.password": os.environ["KAFKA_PASSWORD"],
    "group.id": f"unit.{unit.lower()}.terima",  # nama grup harus berawalan unit.<kode>.
    "auto.offset.reset": "earliest",  # pertama kali: dari awal
    "enable.auto.commit": False,  # offset dicatat setelah tersimpan, bukan sebelumnya
    "enable.partition.eof": True,
}
db = sqlite3.connect(os.environ.get("LAPORAN_DB", "laporan.db"))
db.execute("CREATE TABLE IF NOT EXISTS laporan (id PRIMARY KEY, tiket, seq INT, sebab, alasan, isi)")
simpan = """INSERT INTO laporan VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
    SET seq = excluded.seq, sebab = excluded.sebab, alasan = excluded.alasan, isi = excluded.isi
    WHERE excluded.seq >= laporan.seq"""
consumer = Consumer(kafka)
consumer.subscribe([f"unit.{unit.lower()}.routed.v1"])
while True:
    rekaman = consumer.poll(1)
    if rekaman is None:
        continue
    if rekaman.error():
        if rekaman.error().code() == KafkaError._PARTITION_EOF and "--sekali" in sys.argv:
            break
        if rekaman.error().code() != KafkaError._PARTITION_EOF:
            print(rekaman.error(), file=sys.stderr)
        continue
    if rekaman.value() is None:  # laporan dihapus atas permintaan pelapornya
        db.execute("DELETE FROM laporan WHERE id = ?", (rekaman.key().decode(),))
    else:
        data = json.loads(rekaman.value())["data"]
        laporan = data.get("complaint")  # tidak ada pada penolakan balasan untuk laporan unit lain
        if laporan:
            isi = json.dumps(laporan, ensure_ascii=False)
            sebab, alasan = data["why"], data.get("reply", data).get("reason", "")
            db.execute(simpan, (laporan["complaint_id"], laporan["ticket"], laporan["seq"], sebab, alasan, isi))
            print(laporan["ticket"], f"{sebab}: {alasan or '-'}", laporan["status"], laporan["text"][:60], sep="\t")
    db.commit()
    consumer.commit(rekaman, asynchronous=False)
consumer.close()
