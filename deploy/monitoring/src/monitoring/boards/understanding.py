"""*Pemahaman*: whether the model is still right."""

from __future__ import annotations

from monitoring.grid import Board, Row
from monitoring.panels import AMBER, BLUE, Ask, Column, Label, bars, lines, list_, number
from monitoring.queries import last

_FIRST = "lapor_first_places_total"
#: Words for the first places of complaints; those where complaints wait for a person are amber.
_PLACES = {
    "unit": ("langsung ke unit", ""),
    "outside": ("langsung ke kantor luar", ""),
    "danger": ("menunggu: darurat", AMBER),
    "accusing": ("menunggu: tentang aparatur", AMBER),
    "perhaps-accusing": ("menunggu: mungkin tentang aparatur", AMBER),
    "unsure": ("menunggu: isi belum jelas", AMBER),
    "other": ("menunggu: sebab lain", AMBER),
}

BOARD = Board(
    uid="lapor-pemahaman",
    title="Pemahaman",
    about="Apakah pemilah masih mengerti laporan warga: keyakinannya, keraguannya, dan kesalahannya.",
    since="now-30d",
    rows=[
        Row(
            "Sebulan",
            4,
            [
                number(
                    "Langsung ke unit",
                    "Bagian yang sungguh sampai ke unit atau kantor luar tanpa menunggu orang, 7 hari terakhir.",
                    f'sum(increase({_FIRST}{{place=~"unit|outside"}}[7d])) / sum(increase({_FIRST}[7d]))',
                    unit="percentunit",
                ),
                number(
                    "Diragukan 24 jam",
                    "Pemilah tidak yakin isinya: orang menentukan unitnya. Sebab lain ada di bawah.",
                    last('lapor_classifications_total{result="abstained"}', "24h") + " or vector(0)",
                ),
                number(
                    "Dibetulkan 30 hari",
                    "Kategori yang dibetulkan orang.",
                    last("lapor_classifier_corrections_total", "30d") + " or vector(0)",
                    limits=(20, 60),
                ),
                number(
                    "Dikembalikan 30 hari",
                    "Dikembalikan unit: mungkin salah alamat.",
                    last("lapor_returns_total", "30d") + " or vector(0)",
                    limits=(20, 60),
                ),
            ],
        ),
        Row(
            "Keyakinan",
            9,
            [
                lines(
                    "Seberapa yakin",
                    "Separuh laporan lebih yakin dari garis tengah. Garis yang turun: warga menulis hal baru.",
                    [
                        Ask(
                            f"histogram_quantile({share}, sum by (le) (rate(lapor_classifier_confidence_bucket[1d])))",
                            said,
                        )
                        for share, said in (
                            (0.1, "sepersepuluh terendah"),
                            (0.5, "tengah"),
                            (0.9, "sepersepuluh tertinggi"),
                        )
                    ],
                    unit="percentunit",
                ),
                lines(
                    "Yakin dan ragu per hari",
                    "Yang ragu masuk meja triase. Yang yakin pun dapat menunggu orang: lihat Ke mana dulu.",
                    [
                        Ask('sum(increase(lapor_classifications_total{result="answered"}[1d]))', "yakin", BLUE),
                        Ask('sum(increase(lapor_classifications_total{result="abstained"}[1d]))', "ragu", AMBER),
                    ],
                ),
                list_(
                    "Ke mana dulu, 30 hari",
                    "Ke mana aturan mengarahkan laporan baru, dan sebabnya bila orang harus melihat dulu.",
                    [
                        Column(Ask(f"sort_desc(sum by (place) (round(increase({_FIRST}[30d]))) > 0)", "Laporan")),
                    ],
                    by=[Label("place", "Ke mana", _PLACES)],
                    sort="-Laporan",
                ),
            ],
        ),
        Row(
            "Kesalahan",
            9,
            [
                list_(
                    "Yang tertukar, 30 hari",
                    "Dikira apa, ternyata apa, menurut orang yang membetulkan.",
                    [
                        Column(
                            Ask(
                                "sort_desc("
                                "sum by (was, is) (round(increase(lapor_classifier_corrections_total[30d]))) > 0)",
                                "Kali",
                            )
                        )
                    ],
                    by=[Label("was", "Dikira"), Label("is", "Ternyata")],
                    sort="-Kali",
                ),
                list_(
                    "Yang mengembalikan, 30 hari",
                    "Unit yang paling sering mengembalikan laporan.",
                    [Column(Ask("sort_desc(sum by (unit) (round(increase(lapor_returns_total[30d]))) > 0)", "Kali"))],
                    by=[Label("unit", "Unit")],
                    sort="-Kali",
                ),
                bars(
                    "Nilai dari pelapor, 30 hari",
                    "Satu bintang: buruk. Lima: baik.",
                    Ask("sum by (stars) (round(increase(lapor_ratings_total[30d])))", "{{stars}} bintang"),
                ),
            ],
        ),
    ],
)
