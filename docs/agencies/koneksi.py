"""Sambungan ke Kafka dengan akun unit Anda; dipakai terima.py dan balas.py."""

import os

UNIT = os.environ["UNIT"]
KAFKA = {
    "bootstrap.servers": os.environ["KAFKA_BOOTSTRAP"],
    "security.protocol": os.environ.get("KAFKA_PROTOCOL", "SASL_SSL"),
    "ssl.ca.location": os.environ.get("KAFKA_CA_FILE", ""),
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": UNIT,
    "sasl.password": os.environ["KAFKA_PASSWORD"],
    "enable.auto.commit": False,  # offset dicatat setelah tersimpan, bukan sebelumnya
}
MASUK, KELUAR = (f"unit.{UNIT.lower()}.{arah}.v1" for arah in ("routed", "replied"))
GRUP = f"unit.{UNIT.lower()}."  # nama grup harus berawalan ini
