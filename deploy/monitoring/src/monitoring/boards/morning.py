"""*Pagi ini*: what Kominfo needs at eight o'clock."""

from __future__ import annotations

from monitoring.grid import Board, Row
from monitoring.panels import AMBER, BLUE, RED, Ask, Column, Label, bars, lines, list_, number
from monitoring.queries import last

_UNIT_LINK = "/d/lapor-unit?var-unit=${__value.text}"
_KEPT, _MISSED = (
    f'sum by (unit) (increase(lapor_sla_{what}_total{{stage="completion"}}[30d]))' for what in ("met", "breached")
)
_IN_TIME = f"{_KEPT} / ({_KEPT} + ({_MISSED} or {_KEPT} * 0))"

_CALLED = """sum by (severity, alertname, who) (
  label_join(ALERTS{alertstate="firing"}, "who", " ", "unit", "channel", "instance", "service", "group", "title"))"""

BOARD = Board(
    uid="lapor-pagi",
    title="Pagi ini",
    about="Yang perlu diketahui Kominfo pukul delapan pagi: apa yang menunggu, apa yang terlambat, siapa yang diam.",
    since="now-7d",
    rows=[
        Row(
            "Yang tidak boleh menunggu",
            4,
            [
                number(
                    "Darurat menunggu",
                    "Lama laporan darurat tertua menunggu kata pertama. Telepon petugas jaga unitnya sekarang.",
                    "max(lapor_emergencies_oldest_seconds) / 60 or vector(0)",
                    unit="suffix: menit",
                    limits=(1, 15),
                ),
                number(
                    "Lewat janji",
                    "Laporan terbuka yang sudah lewat tanggal yang dijanjikan kepada pelapor.",
                    "sum(lapor_complaints_late) or vector(0)",
                    limits=(None, 1),
                ),
                number(
                    "Mendekati batas",
                    "Sudah diperingatkan dan belum terlambat: masih dapat diselamatkan hari ini.",
                    "sum(lapor_complaints_at_risk) or vector(0)",
                    limits=(1, None),
                ),
                number(
                    "Belum punya unit",
                    "Menunggu disposisi di meja triase.",
                    'sum(lapor_complaints_waiting{waits_for="disposition"}) or vector(0)',
                    limits=(1, 10),
                ),
                number(
                    "Unit diam",
                    "Unit yang diam jauh lebih lama daripada biasanya. Telepon mereka.",
                    "sum(lapor_unit_silent_past_rhythm) or vector(0)",
                    limits=(1, 3),
                ),
                number(
                    "Panggilan aktif",
                    "Aturan yang sedang memanggil operator; daftarnya ada di bawah.",
                    'count(ALERTS{alertstate="firing"}) or vector(0)',
                    limits=(1, 3),
                ),
            ],
        ),
        Row(
            "Sejak kemarin",
            4,
            [
                number(
                    "Masuk 24 jam",
                    "Laporan yang mendapat nomor tiket dalam 24 jam terakhir.",
                    last("lapor_intake_acknowledged_total", "24h") + " or vector(0)",
                ),
                number(
                    "Biasanya sehari",
                    "Rata-rata tujuh hari terakhir.",
                    "round(sum(increase(lapor_intake_acknowledged_total[7d])) / 7) or vector(0)",
                ),
                number(
                    "Selesai tepat waktu",
                    "Diselesaikan sebelum tanggal janji, 24 jam terakhir.",
                    last('lapor_sla_met_total{stage="completion"}', "24h") + " or vector(0)",
                ),
                number(
                    "Terlambat baru",
                    "Janji yang terlewat dalam 24 jam terakhir.",
                    last('lapor_sla_breached_total{stage="completion"}', "24h") + " or vector(0)",
                    limits=(1, 5),
                ),
                number(
                    "Masih terbuka",
                    "Semua laporan yang belum selesai.",
                    "sum(lapor_complaints_open) or vector(0)",
                ),
                number(
                    "Lebih dari seminggu",
                    "Terbuka sejak lebih dari tujuh hari.",
                    'sum(lapor_complaints_older{days="7"}) or vector(0)',
                    limits=(1, 20),
                ),
            ],
        ),
        Row(
            "Siapa memegang apa",
            12,
            [
                list_(
                    "Unit",
                    "Yang terburuk di atas. Diam: tertua tanpa kata pertama. Tepat waktu: 30 hari terakhir.",
                    [
                        Column(Ask('sum by (unit) (lapor_complaints_late{unit!=""})', "Lewat janji"), limits=(None, 1)),
                        Column(
                            Ask('sum by (unit) (lapor_complaints_at_risk{unit!=""})', "Mendekati"), limits=(1, None)
                        ),
                        Column(Ask('sum by (unit) (lapor_complaints_open{unit!=""})', "Terbuka")),
                        Column(
                            Ask('max by (unit) (lapor_unit_silent_seconds{unit!=""}) / 3600', "Diam"),
                            unit="suffix: jam",
                            limits=(24, 72),
                        ),
                        Column(
                            Ask(
                                _IN_TIME,
                                "Tepat waktu",
                            ),
                            unit="percentunit",
                            limits=(0.9, 0.7),
                            less_is_worse=True,
                            width=104,
                        ),
                    ],
                    by=[Label("unit", "Unit")],
                    sort="-Lewat janji",
                    link=_UNIT_LINK,
                ),
                list_(
                    "Yang memanggil operator",
                    "Setiap nama punya halamannya di docs/runbook.md: artinya, tempat melihat, yang dilakukan.",
                    [Column(Ask(_CALLED, "Jumlah"), width=70)],
                    by=[
                        Label("severity", "Kapan", {"page": ("sekarang", RED), "mail": ("jam kerja", AMBER)}, 90),
                        Label("alertname", "Panggilan", width=190),
                        Label("who", "Siapa"),
                    ],
                    sort="-Kapan",
                ),
            ],
            widths=(14, 10),
        ),
        Row(
            "Di mana, dan lewat apa",
            9,
            [
                bars(
                    "Terbuka per kecamatan",
                    "Laporan terbuka menurut tempat yang disebut pelapor.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_open{kecamatan!=""}))', "{{kecamatan}}"),
                ),
                bars(
                    "Lewat janji per kecamatan",
                    "Di mana warga menunggu lebih lama daripada yang dijanjikan.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_late{kecamatan!=""}))', "{{kecamatan}}"),
                    limits=(None, 1),
                ),
                bars(
                    "Mendekati batas per kecamatan",
                    "Sudah diperingatkan dan belum terlambat: di sini janji masih dapat ditepati.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_at_risk{kecamatan!=""}))', "{{kecamatan}}"),
                    limits=(1, None),
                ),
                list_(
                    "Saluran",
                    "Sepi: sejak laporan terakhir. Saluran mati tampak seperti ketenangan: lihat biasanya.",
                    [
                        Column(Ask(last("lapor_intake_acknowledged_total", "24h", "channel"), "24 jam"), width=76),
                        Column(
                            Ask(
                                "round(sum by (channel) (increase(lapor_intake_acknowledged_total[7d])) / 7)",
                                "Biasanya",
                            )
                        ),
                        Column(Ask("lapor:intake_silent_seconds / 3600", "Sepi"), unit="suffix: jam"),
                        Column(
                            Ask(
                                last('lapor_replies_total{result=~"refused|unknown"}', "24h", "channel"),
                                "Tak sampai",
                            ),
                            limits=(None, 1),
                            width=104,
                        ),
                    ],
                    by=[Label("channel", "Saluran")],
                ),
            ],
            widths=(5, 5, 5, 9),
        ),
        Row(
            "Seminggu terakhir",
            9,
            [
                lines(
                    "Terbuka dan terlambat",
                    "Garis merah yang naik berarti janji kepada warga makin sering terlewat.",
                    [
                        Ask("sum(lapor_complaints_open)", "terbuka", BLUE),
                        Ask("sum(lapor_complaints_late)", "lewat janji", RED),
                    ],
                ),
                lines(
                    "Yang tertua",
                    "Umur laporan tertua menurut giliran siapa sekarang.",
                    [
                        Ask(f'lapor_complaints_oldest_seconds{{waits_for="{turn}"}} / 86400', said)
                        for turn, said in (
                            ("disposition", "menunggu unit"),
                            ("acknowledgement", "menunggu kata pertama"),
                            ("answer", "menunggu jawaban"),
                        )
                    ],
                    unit="suffix: hari",
                ),
            ],
        ),
    ],
)
