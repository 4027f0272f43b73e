"""*Jalur*: each hop from a citizen to a unit and back."""

from __future__ import annotations

from monitoring.grid import Board, Row
from monitoring.panels import Ask, lines, number, page
from monitoring.queries import quantile, rate

BOARD = Board(
    uid="lapor-jalur",
    title="Jalur",
    about="Setiap langkah dari warga ke unit dan kembali: laju, umur, kegagalan. Untuk yang menjaga sistem.",
    since="now-6h",
    rows=[
        Row(
            "Hidup",
            4,
            [
                number(
                    "Layanan mati",
                    "Layanan yang tidak menjawab.",
                    'count(up{job="lapor"} == 0) or vector(0)',
                    limits=(None, 1),
                    to=[page("lapordown")],
                ),
                number(
                    "Percobaan terakhir",
                    "Umur laporan percobaan terakhir yang sampai, dari saluran yang paling lama.",
                    "max(time() - lapor_canary_arrived_timestamp_seconds) or vector(0)",
                    unit="s",
                    limits=(None, 300),
                    to=[page("laporcanarylost")],
                ),
                number(
                    "Kotak keluar tertua",
                    "Umur catatan tertua yang belum sampai di Kafka.",
                    "max(lapor_outbox_oldest_seconds) or vector(0)",
                    unit="s",
                    limits=(30, 120),
                    to=[page("laporoutboxstuck")],
                ),
                number(
                    "Tertinggal",
                    "Umur catatan tertua yang belum dibaca.",
                    "max(lapor_consumer_lag_seconds) or vector(0)",
                    unit="s",
                    limits=(10, 60),
                    to=[page("laporlag")],
                ),
            ],
        ),
        Row(
            "Perlu orang",
            4,
            [
                number(
                    "Disisihkan",
                    "Catatan yang tidak dapat diolah dan belum diurus siapa pun. Jalankan lapor dlq list.",
                    "sum(max by (service) (lapor_dlq_pending)) or vector(0)",
                    limits=(None, 1),
                    to=[page("dead-letters")],
                ),
                number(
                    "Ditolak Kafka",
                    "Catatan yang tidak dapat diterbitkan.",
                    "sum(lapor_outbox_parked) or vector(0)",
                    limits=(None, 1),
                    to=[page("a-parked-row")],
                ),
                number(
                    "Pengatur waktu gagal",
                    "Laporan yang batas waktunya tidak terjaga.",
                    "(sum(lapor_sla_clocks_stuck) or vector(0)) + (sum(lapor_router_stuck) or vector(0))",
                    limits=(None, 1),
                    to=[page("laportimersfail")],
                ),
                number(
                    "Partisi tanpa pemimpin",
                    "Bagian Kafka yang tidak dapat ditulis maupun dibaca.",
                    "max(lapor_kafka_partitions_offline) or vector(0)",
                    limits=(None, 1),
                    to=[page("laporleadermissing")],
                ),
            ],
        ),
        Row(
            "Dari warga",
            9,
            [
                lines(
                    "Laporan diterima per menit",
                    "Menurut saluran.",
                    [Ask("60 * " + rate('lapor_intake_requests_total{result="accepted"}', "channel"), "{{channel}}")],
                ),
                lines(
                    "Yang tidak diterima per menit",
                    "Menurut alasannya; unavailable berarti gangguan kita sendiri.",
                    [
                        Ask(
                            "60 * " + rate('lapor_intake_requests_total{result!~"accepted|repeated|canary"}', "result"),
                            "{{result}}",
                        )
                    ],
                ),
                lines(
                    "Menyimpan laporan",
                    "Dari datang sampai tersimpan. Separuhnya lebih cepat dari p50, 95 dari 100 lebih cepat dari p95.",
                    [
                        Ask(quantile(0.5, "lapor_intake_duration_seconds"), "p50"),
                        Ask(quantile(0.95, "lapor_intake_duration_seconds"), "p95"),
                    ],
                    unit="s",
                    limits=(None, 0.5),
                ),
            ],
        ),
        Row(
            "Ke unit",
            9,
            [
                lines(
                    "Tiket sampai di unit",
                    "Dari nomor tiket sampai unit pertama.",
                    [
                        Ask(quantile(0.5, "lapor_route_latency_seconds"), "p50"),
                        Ask(quantile(0.95, "lapor_route_latency_seconds"), "p95"),
                    ],
                    unit="s",
                    limits=(None, 10),
                ),
                lines(
                    "Tertinggal per layanan",
                    "Umur catatan tertua yang belum dibaca, per layanan.",
                    [Ask("max by (group) (lapor_consumer_lag_seconds)", "{{group}}")],
                    unit="s",
                ),
                lines(
                    "Kotak keluar per layanan",
                    "Umur catatan tertua yang belum terbit, per layanan.",
                    [Ask("max by (service) (lapor_outbox_oldest_seconds)", "{{service}}")],
                    unit="s",
                ),
            ],
        ),
        Row(
            "Laporan percobaan",
            9,
            [
                lines(
                    "Sampai di setiap langkah",
                    "Satu laporan percobaan tiap menit lewat SMS dan web. Dari dikirim sampai dilewatkan, p95.",
                    [Ask(quantile(0.95, "lapor_canary_seconds", "by"), "{{by}}")],
                    unit="s",
                    limits=(None, 10),
                ),
                lines(
                    "Nasib laporan percobaan per menit",
                    "arrived: sampai; lost: hilang di jalan; refused: pintunya tertutup.",
                    [Ask("60 * " + rate("lapor_canaries_total", "result"), "{{result}}")],
                ),
                lines(
                    "Tertinggal, dilihat dari luar",
                    "Umur catatan yang belum diolah; layanan yang mati pun terlihat.",
                    [Ask('max by (group) (lapor_group_behind_seconds{group!~"unit[.].*"})', "{{group}}")],
                    unit="s",
                    limits=(None, 120),
                ),
            ],
        ),
        Row(
            "Kembali ke warga",
            9,
            [
                lines(
                    "Kabar ke warga",
                    "Dari ada yang perlu dikabarkan sampai diterima penyedia saluran.",
                    [Ask(quantile(0.95, "lapor_reply_seconds", "channel"), "p95 {{channel}}")],
                    unit="s",
                    limits=(None, 60),
                ),
                lines(
                    "Nasib kabar per menit",
                    "sent: terkirim; later: dicoba lagi; refused dan unknown: tidak sampai.",
                    [Ask("60 * " + rate("lapor_replies_total", "result"), "{{result}}")],
                ),
                lines(
                    "Keterlambatan diumumkan",
                    "Dari lewatnya janji sampai tersimpan.",
                    [
                        Ask(quantile(0.95, "lapor_sla_lateness_seconds"), "p95"),
                        Ask("max(lapor_clock_words_held_seconds)", "tertahan"),
                    ],
                    unit="s",
                    limits=(None, 60),
                ),
            ],
        ),
        Row(
            "Setiap layanan",
            9,
            [
                lines(
                    "Dibaca per menit",
                    "Catatan yang diolah, per layanan. Nol padahal yang lain bergerak: layanan itu berhenti.",
                    [Ask("60 * " + rate("lapor_consumer_records_total", "service"), "{{service}}")],
                ),
                lines(
                    "Sampai di meja unit",
                    "Dari keputusan router sampai tampak di daftar meja unit.",
                    [
                        Ask(quantile(0.5, "lapor_desk_told_seconds"), "p50"),
                        Ask(quantile(0.95, "lapor_desk_told_seconds"), "p95"),
                    ],
                    unit="s",
                    limits=(None, 10),
                ),
                lines(
                    "Balasan dari meja unit per jam",
                    "sent: dikirim petugas; accepted: diterima router; refused: ditolak, dan petugas membaca sebabnya.",
                    [Ask("3600 * " + rate("lapor_desk_replies_total", "result"), "{{result}}")],
                ),
            ],
        ),
        Row(
            "Basis data",
            9,
            [
                lines(
                    "Ukuran basis data",
                    "Yang dipakai di diska, per layanan.",
                    [Ask("max by (service) (lapor_database_bytes)", "{{service}}")],
                    unit="bytes",
                ),
                lines(
                    "Sambungan terpakai",
                    "Dari yang diizinkan PostgreSQL, per layanan. Di atas 80% operator dipanggil.",
                    [
                        Ask(
                            "max by (service) (lapor_database_connections)"
                            " / max by (service) (lapor_database_connections_allowed)",
                            "{{service}}",
                        )
                    ],
                    unit="percentunit",
                    limits=(None, 0.8),
                ),
            ],
        ),
        Row(
            "Mesin",
            9,
            [
                lines(
                    "Memori",
                    "Per layanan.",
                    [Ask('process_resident_memory_bytes{job="lapor"}', "{{instance}}")],
                    unit="bytes",
                ),
                lines(
                    "Prosesor",
                    "Bagian dari satu inti, per layanan.",
                    [Ask('rate(process_cpu_seconds_total{job="lapor"}[$__rate_interval])', "{{instance}}")],
                    unit="percentunit",
                ),
                lines(
                    "Dibaca lagi dan disisihkan per menit",
                    "Dibaca lagi: sesudah gangguan, tanpa akibat. Disisihkan: perlu orang.",
                    [
                        Ask("60 * sum(rate(lapor_redeliveries_total[$__rate_interval]))", "dibaca lagi"),
                        Ask("60 * " + rate("lapor_dlq_records_total", "service"), "disisihkan {{service}}"),
                    ],
                ),
            ],
        ),
    ],
)
