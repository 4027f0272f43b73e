"""*Pagi ini*: the figures that Kominfo needs at eight o'clock."""

from __future__ import annotations

from typing import Any

from contracts.vocabulary import ClockKind
from lapor.system.signals import SIGNALS
from monitoring.grid import Board, Row
from monitoring.panels import AMBER, BLUE, RED, Ask, Column, Label, To, bars, desk, lines, list_, number, page
from monitoring.queries import last
from monitoring.rules import pages, sentences

_TO_UNIT = To("Lihat unit ini", "/d/lapor-unit?var-unit=${__value.text}")
_OF_UNIT = "unit=${__data.fields.Unit}"
_IN_KECAMATAN = "kecamatan=${__field.labels.kecamatan}"
_KEPT, _MISSED = (
    f'sum by (unit) (increase(lapor_sla_{what}_total{{stage="completion"}}[30d]))'
    for what in (ClockKind.MET, ClockKind.BREACHED)
)
_IN_TIME = f"{_KEPT} / ({_KEPT} + ({_MISSED} or {_KEPT} * 0))"


def _of(name: str) -> Any:
    """Show a signal, as `lapor top` does too, with links to its list and to its page of the runbook."""
    it = SIGNALS[name]
    wanted = ",".join(f'{label}=~"{"|".join(values)}"' for label, values in it.where.items())
    series = f"{it.metric}{{{wanted}}}" if wanted else it.metric
    asked = last(series, "24h") if it.grows else f"sum({series})"
    to = [desk(it.to), *([page(it.page)] if it.page else [])]
    return number(it.title, it.about, f"{asked} or vector(0)", limits=(it.amber, it.red), to=to)


_TO_PAGE = To("Artinya, dan yang dilakukan", "${docs:raw}/${__data.fields.page}")
# The alert's name is there twice: once for its sentence, once for the link to its page.
_CALLED = """sum by (severity, alertname, page, who) (label_replace(
  label_join(ALERTS{alertstate="firing",severity!="heartbeat"},
    "who", " ", "unit", "channel", "instance", "service", "group"),
  "page", "$1", "alertname", "(.+)"))"""

BOARD = Board(
    uid="lapor-pagi",
    title="Pagi ini",
    about="Yang perlu diketahui Kominfo pukul delapan pagi: apa yang menunggu, apa yang terlambat, siapa yang diam.",
    since="now-7d",
    rows=[
        Row(
            "Yang tidak boleh menunggu",
            3,
            [
                number(
                    "Darurat menunggu",
                    "Lama laporan darurat tertua menunggu kata pertama. Telepon petugas jaga unitnya sekarang.",
                    "max(lapor_emergencies_oldest_seconds) / 60 or vector(0)",
                    unit="suffix: menit",
                    limits=(1, 15),
                    to=[desk("?mendesak=darurat"), page("laporemergencyunseen")],
                ),
                _of("late"),
                _of("at_risk"),
                number(
                    "Belum punya unit",
                    "Menunggu disposisi di meja triase.",
                    'sum(lapor_complaints_waiting{waits_for="disposition"}) or vector(0)',
                    limits=(1, 10),
                    to=[desk("triase", "Meja triase"), page("laporundisposed")],
                ),
                _of("silent"),
                number(
                    "Panggilan aktif",
                    "Aturan yang sedang memanggil operator; daftarnya ada di bawah.",
                    'count(ALERTS{alertstate="firing",severity!="heartbeat"}) or vector(0)',
                    limits=(1, 3),
                    to=[page("alerts")],
                ),
            ],
        ),
        Row(
            "Siapa memegang apa",
            12,
            [
                list_(
                    "Unit",
                    "Terburuk di atas. Lewat, dekat: janjinya. Diam: tertua tanpa kata pertama. Tepat waktu: 30 hari.",
                    [
                        Column(
                            Ask('sum by (unit) (lapor_complaints_late{unit!=""})', "Lewat"),
                            limits=(None, 1),
                            width=62,
                            to=[desk(f"?tenggat=lewat&{_OF_UNIT}")],
                        ),
                        Column(
                            Ask('sum by (unit) (lapor_complaints_at_risk{unit!=""})', "Dekat"),
                            limits=(1, None),
                            width=64,
                            to=[desk(f"?tenggat=dekat&{_OF_UNIT}")],
                        ),
                        Column(
                            Ask('max by (unit) (lapor_unit_silent_seconds{unit!=""}) / 3600', "Diam"),
                            unit="suffix: jam",
                            limits=(24, 72),
                            width=78,
                            to=[desk(f"?status=routed&{_OF_UNIT}")],
                        ),
                        Column(
                            Ask('sum by (unit) (lapor_complaints_open{unit!=""})', "Terbuka"),
                            width=76,
                            to=[desk(f"?{_OF_UNIT}")],
                        ),
                        Column(
                            Ask(_IN_TIME, "Tepat waktu"),
                            unit="percentunit",
                            limits=(0.9, 0.7),
                            less_is_worse=True,
                            width=104,
                        ),
                    ],
                    by=[Label("unit", "Unit", least=116, to=[_TO_UNIT])],
                    sort="-Lewat",
                ),
                list_(
                    "Yang memanggil operator",
                    "Setiap panggilan membuka halamannya di buku panduan: artinya, tempat melihat, yang dilakukan.",
                    [Column(Ask(_CALLED, "Jumlah"), width=70)],
                    by=[
                        Label("severity", "Kapan", {"page": ("sekarang", RED), "mail": ("jam kerja", AMBER)}, 80),
                        Label("alertname", "Panggilan", sentences(), least=200, to=[_TO_PAGE]),
                        Label("who", "Siapa", width=116),
                        Label("page", "page", {name: (where, "") for name, where in pages().items()}, hidden=True),
                    ],
                    sort="-Kapan",
                ),
            ],
            widths=(12, 12),
        ),
        Row(
            "Yang dikatakan warga",
            3,
            [_of("reopened"), _of("unheard"), _of("untold"), _of("confirmed")],
        ),
        Row(
            "Sejak kemarin",
            3,
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
                    to=[desk("")],
                ),
                number(
                    "Lebih dari seminggu",
                    "Terbuka sejak lebih dari tujuh hari.",
                    'sum(lapor_complaints_older{days="7"}) or vector(0)',
                    limits=(1, 20),
                    to=[desk("?sampai=${__from:date:YYYY-MM-DD}")],
                ),
            ],
        ),
        Row(
            "Di mana, dan lewat apa",
            9,
            [
                bars(
                    "Terbuka per kecamatan",
                    "Laporan terbuka menurut tempat yang disebut pelapor.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_open{kecamatan!=""}))', "{{kecamatan}}"),
                    to=[desk(f"?{_IN_KECAMATAN}")],
                ),
                bars(
                    "Lewat janji per kecamatan",
                    "Di mana warga menunggu lebih lama daripada yang dijanjikan.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_late{kecamatan!=""}))', "{{kecamatan}}"),
                    limits=(None, 1),
                    to=[desk(f"?tenggat=lewat&{_IN_KECAMATAN}")],
                ),
                bars(
                    "Mendekati batas per kecamatan",
                    "Sudah diperingatkan dan belum terlambat: di sini janji masih dapat ditepati.",
                    Ask('sort_desc(sum by (kecamatan) (lapor_complaints_at_risk{kecamatan!=""}))', "{{kecamatan}}"),
                    limits=(1, None),
                    to=[desk(f"?tenggat=dekat&{_IN_KECAMATAN}")],
                ),
                list_(
                    "Saluran",
                    "Sepi: sejak laporan terakhir. Kali jeda: dari 3 kali jeda biasanya, saluran mungkin mati.",
                    [
                        Column(Ask(last("lapor_intake_acknowledged_total", "24h", "channel"), "24 jam"), width=76),
                        Column(Ask("lapor:intake_silent_seconds / 3600", "Sepi"), unit="suffix: jam"),
                        Column(
                            Ask("lapor:intake_silent_seconds / lapor:intake_usual_gap_seconds", "Kali jeda"),
                            limits=(2, 3),
                            decimals=1,
                        ),
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
