"""The figures that an operator has to know in the morning, each defined once, for *Pagi ini* and `lapor top`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prometheus_client.samples import Sample


class Signal(NamedTuple):
    """The sum of ``metric`` over the series whose labels have one of the values in ``where``; on a board a counter's
    increase since yesterday.

    ``said`` is the sentence after the number, ``title`` and ``about`` a board's texts. At ``amber`` or ``red`` and
    above somebody must look. ``to`` is its list at the desk, ``page`` its page of the runbook.
    """

    title: str
    said: str
    about: str
    metric: str
    where: Mapping[str, tuple[str, ...]] = {}
    amber: int | None = None
    red: int | None = None
    to: str = ""
    page: str = ""

    @property
    def grows(self) -> bool:
        """Whether it is a counter, which only grows."""
        return self.metric.endswith("_total")


#: In the order of their display.
SIGNALS: dict[str, Signal] = {
    "emergencies": Signal(
        "Darurat tanpa kata pertama",
        "laporan darurat menunggu kata pertama",
        "Laporan darurat yang belum ditanggapi unitnya. Telepon petugas jaganya sekarang.",
        "lapor_emergencies_waiting",
        red=1,
        to="?mendesak=darurat",
        page="laporemergencyunseen",
    ),
    "late": Signal(
        "Lewat janji",
        "laporan terbuka lewat tanggal janji",
        "Laporan terbuka yang sudah lewat tanggal yang dijanjikan kepada pelapor.",
        "lapor_complaints_late",
        red=1,
        to="?tenggat=lewat",
    ),
    "at_risk": Signal(
        "Mendekati batas",
        "laporan mendekati batas, masih dapat ditepati",
        "Sudah diperingatkan dan belum terlambat: masih dapat diselamatkan hari ini.",
        "lapor_complaints_at_risk",
        amber=1,
        to="?tenggat=dekat",
    ),
    "silent": Signal(
        "Unit diam",
        "unit diam lebih lama daripada biasanya",
        "Unit yang diam jauh lebih lama daripada biasanya. Telepon mereka.",
        "lapor_unit_silent_past_rhythm",
        amber=1,
        red=3,
        to="?status=routed",
        page="laporunitsilent",
    ),
    "reopened": Signal(
        "Dibuka lagi",
        "laporan dibuka lagi oleh pelapornya dan belum selesai",
        "Menurut unit sudah selesai, menurut pelapornya belum; dan masih terbuka.",
        "lapor_complaints_reopened",
        amber=1,
        red=10,
        to="?warga=dibuka",
    ),
    "unheard": Signal(
        "Balasan belum ditanggapi",
        "laporan dengan balasan pelapor yang belum ditanggapi unit",
        "Pelapor menambahkan sesuatu sesudah kata terakhir unit.",
        "lapor_complaints_unheard",
        amber=1,
        red=20,
        to="?warga=balasan",
    ),
    "untold": Signal(
        "Pesan belum sampai",
        "pesan tidak sampai ke warga",
        "Kabar untuk warga yang tidak sampai, atau mungkin tidak. Kirim lagi dari daftarnya.",
        "lapor_desk_citizens_untold",
        amber=1,
        red=20,
        to="kabar/warga",
        page="a-citizen-who-was-not-told",
    ),
    "confirmed": Signal(
        "Dibenarkan warga",
        "hasil dinilai baik oleh pelapornya (4 atau 5)",
        "Pelapor menilai hasilnya 4 atau 5 dalam 24 jam terakhir.",
        "lapor_ratings_total",
        {"stars": ("4", "5")},
        to="?daftar=semua&status=closed",
    ),
}


def figures(samples: Iterable[Sample]) -> dict[str, int]:
    """Add up each signal from the services' samples; a counter's since its service started."""
    found = dict.fromkeys(SIGNALS, 0.0)
    for name, labels, value, *_ in samples:
        for each, signal in SIGNALS.items():
            if name == signal.metric and all(labels.get(label) in values for label, values in signal.where.items()):
                found[each] += value
    return {name: round(value) for name, value in found.items()}
