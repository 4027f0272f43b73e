"""*Janji sistem*: the objectives of slo.yml, and the rest of their error budgets."""

from __future__ import annotations

from monitoring.grid import Board, Row
from monitoring.panels import Ask, Column, Label, bars, lines, list_


def _ratio(heading: str, expr: str) -> Column:
    return Column(Ask(expr, heading), unit="percentunit", decimals=1)


BOARD = Board(
    uid="lapor-slo",
    title="Janji sistem",
    about="Lima janji sistem kepada warga, dan sisa kelonggaran bulan ini. Janji unit ada di Pagi ini.",
    since="now-30d",
    rows=[
        Row(
            "Bulan ini",
            8,
            [
                bars(
                    "Sisa kelonggaran",
                    "Seratus persen: belum ada yang gagal. Nol: kegagalan sebulan sudah terpakai.",
                    Ask("max by (title) (clamp_min(slo:period_error_budget_remaining:ratio, 0))", "{{title}}"),
                    unit="percentunit",
                    limits=(0.5, 0.2),
                    less_is_worse=True,
                ),
                list_(
                    "Janji",
                    "Yang dijanjikan, yang terjadi dalam 30 hari, dan berapa kali terlalu cepat kelonggaran terpakai.",
                    [
                        _ratio("Dijanjikan", "max by (title) (slo:objective:ratio)"),
                        _ratio("Tercapai", "1 - max by (title) (slo:sli_error:ratio_rate30d)"),
                        Column(
                            Ask("max by (title) (slo:current_burn_rate:ratio)", "Terpakai ×"), limits=(1, 6), decimals=1
                        ),
                    ],
                    by=[Label("title", "Janji")],
                ),
            ],
        ),
        Row(
            "Bagaimana terjadi",
            9,
            [
                lines(
                    "Kecepatan terpakainya kelonggaran",
                    "Satu: habis tepat dalam sebulan. Di atas 14: habis dalam dua hari, dan telepon berdering.",
                    [
                        Ask(
                            "max by (title) (slo:sli_error:ratio_rate1h "
                            "/ on (sloth_id) group_left () slo:error_budget:ratio)",
                            "{{title}}",
                        )
                    ],
                    limits=(1, 14.4),
                ),
                lines(
                    "Bagian yang gagal, per jam",
                    "Dari semua yang diukur dalam satu jam.",
                    [Ask("max by (title) (slo:sli_error:ratio_rate1h)", "{{title}}")],
                    unit="percentunit",
                ),
            ],
        ),
    ],
)
