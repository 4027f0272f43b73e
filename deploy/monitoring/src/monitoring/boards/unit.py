"""*Unit*: one unit's complaints, and its usual pace."""

from __future__ import annotations

from contracts.vocabulary import Status
from monitoring.grid import Board, Choice, Row
from monitoring.panels import BLUE, GREEN, RED, Ask, bars, desk, lines, number, page
from monitoring.queries import last

_STATUSES = {
    Status.REGISTERED: "baru masuk",
    Status.RETURNED: "dikembalikan",
    Status.ROUTED: "sampai di unit",
    Status.ACKNOWLEDGED: "diterima unit",
    Status.IN_PROGRESS: "dikerjakan",
    Status.WAITING_FOR_REPORTER: "menunggu pelapor",
    Status.APPEALED: "keberatan diperiksa",
    Status.REOPENED: "dibuka lagi",
}
_OF_UNIT = '{unit=~"$unit"}'

BOARD = Board(
    uid="lapor-unit",
    title="Unit",
    about="Satu unit: apa yang dipegangnya, apa yang terlambat, bagaimana kebiasaannya.",
    since="now-30d",
    choices=[Choice("unit", "Unit", "label_values(lapor_complaints_open, unit)")],
    rows=[
        Row(
            "Sekarang",
            4,
            [
                number(
                    "Terbuka",
                    "Semua yang dipegang unit ini.",
                    f"sum(lapor_complaints_open{_OF_UNIT}) or vector(0)",
                    to=[desk("?unit=${unit}")],
                ),
                number(
                    "Lewat janji",
                    "Sudah lewat tanggal yang dijanjikan kepada pelapor.",
                    f"sum(lapor_complaints_late{_OF_UNIT}) or vector(0)",
                    limits=(None, 1),
                    to=[desk("?tenggat=lewat&unit=${unit}")],
                ),
                number(
                    "Mendekati batas",
                    "Sudah diperingatkan dan belum terlambat.",
                    f"sum(lapor_complaints_at_risk{_OF_UNIT}) or vector(0)",
                    limits=(1, None),
                    to=[desk("?tenggat=dekat&unit=${unit}")],
                ),
                number(
                    "Kata pertama ditunggu",
                    "Lama laporan tertua menunggu kata pertama dari unit ini.",
                    f"max(lapor_unit_silent_seconds{_OF_UNIT}) / 3600 or vector(0)",
                    unit="suffix: jam",
                    limits=(24, 72),
                    to=[desk("?status=routed&unit=${unit}"), page("laporunitsilent")],
                ),
                number(
                    "Biasanya",
                    "Waktu kerja sampai kata pertama, nilai tengah laporan terakhir.",
                    f"max(lapor_unit_acknowledgement_seconds{_OF_UNIT}) / 3600 or vector(0)",
                    unit="suffix: jam",
                ),
                number(
                    "Dikembalikan 30 hari",
                    "Laporan yang dikembalikan unit ini ke meja triase.",
                    last(f"lapor_returns_total{_OF_UNIT}", "30d") + " or vector(0)",
                ),
            ],
        ),
        Row(
            "Yang dipegang",
            10,
            [
                bars(
                    "Menurut keadaannya",
                    "Laporan terbuka unit ini menurut langkah terakhirnya.",
                    Ask(
                        "".join("label_replace(" for _ in _STATUSES)
                        + f"sum by (status) (lapor_complaints_open{_OF_UNIT})"
                        + "".join(f', "status", "{said}", "status", "{status}")' for status, said in _STATUSES.items()),
                        "{{status}}",
                    ),
                ),
                bars(
                    "Menurut kecamatan",
                    "Laporan terbuka unit ini menurut tempatnya.",
                    Ask(
                        'sort_desc(sum by (kecamatan) (lapor_complaints_open{unit=~"$unit", kecamatan!=""}))',
                        "{{kecamatan}}",
                    ),
                    to=[desk("?unit=${unit}&kecamatan=${__field.labels.kecamatan}")],
                ),
                lines(
                    "Terbuka dan terlambat",
                    "Bagaimana beban unit ini berubah.",
                    [
                        Ask(f"sum(lapor_complaints_open{_OF_UNIT})", "terbuka", BLUE),
                        Ask(f"sum(lapor_complaints_late{_OF_UNIT})", "lewat janji", RED),
                    ],
                ),
            ],
        ),
        Row(
            "Kebiasaannya",
            9,
            [
                lines(
                    "Janji ditepati dan terlewat",
                    "Per hari, semua tahap.",
                    [
                        Ask(f"sum(increase(lapor_sla_met_total{_OF_UNIT}[1d]))", "ditepati", GREEN),
                        Ask(f"sum(increase(lapor_sla_breached_total{_OF_UNIT}[1d]))", "terlewat", RED),
                    ],
                ),
                lines(
                    "Tidak selesai pada kali pertama",
                    "Per minggu: dibuka lagi, keberatan yang diterima, kembali ke unit yang melepasnya, ke luar.",
                    [
                        Ask(f"sum(increase(lapor_reopened_total{_OF_UNIT}[7d]))", "dibuka lagi"),
                        Ask(
                            'sum(increase(lapor_appeals_total{unit=~"$unit", result="upheld"}[7d]))',
                            "keberatan diterima",
                        ),
                        Ask(f"sum(increase(lapor_ping_pong_total{_OF_UNIT}[7d]))", "bolak-balik"),
                        Ask(f"sum(increase(lapor_handed_over_total{_OF_UNIT}[7d]))", "diserahkan ke luar"),
                    ],
                ),
            ],
        ),
    ],
)
