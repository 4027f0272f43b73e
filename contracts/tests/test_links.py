"""Where a link really leads, and which links in a text stay."""

from __future__ import annotations

import pytest

from contracts.links import host_of, listed, mask_links

HOSTS = (".soppengkab.go.id", "lapor.go.id")
LEADS = {
    "plain": ("https://soppengkab.go.id/foto/1.jpg", "soppengkab.go.id"),
    "plain http": ("http://soppengkab.go.id", "soppengkab.go.id"),
    "below it": ("https://pupr.soppengkab.go.id/1?a=b#c", "pupr.soppengkab.go.id"),
    "its usual port": ("https://soppengkab.go.id:443/1", "soppengkab.go.id"),
    "upper case": ("HTTPS://SOPPENGKAB.GO.ID/1", "soppengkab.go.id"),
    "final dot": ("https://soppengkab.go.id./1", "soppengkab.go.id"),
    "wide letters": ("https://\uff53oppengkab.go.id/1", "soppengkab.go.id"),
    "another": ("https://evil.example/soppengkab.go.id", "evil.example"),
    "punycode": ("https://xn--soppengkb-7fg.go.id/", "xn--soppengkb-7fg.go.id"),
    "userinfo": ("https://soppengkab.go.id@evil.example/", None),
    "userinfo of one letter": ("https://x@evil.example", None),
    "empty userinfo": ("https://@soppengkab.go.id/", None),
    "another port": ("https://soppengkab.go.id:8443/", None),
    "no port": ("https://soppengkab.go.id:99999/", None),
    "Cyrillic a": ("https://soppengk\u0430b.go.id/", None),
    "two dots": ("https://soppengkab.go.id../", None),
    "backslash for slash": ("https://evil.example\\.soppengkab.go.id/", None),
    "percent for dot": ("https://evil%2esoppengkab.go.id/", None),
    "written from right to left": ("https://soppengkab.go.id/\u202egpj.exe", None),
    "zero width": ("https://soppeng\u200bkab.go.id/", None),
    "line break": ("https://soppengkab.go.id/\n1", None),
    "tab": ("ht\ttps://soppengkab.go.id/1", None),
    "blank": ("https://soppengkab.go.id/foto 1.jpg", None),
    "address of a machine": ("https://[::1]/", None),
    "another scheme": ("javascript:alert(1)//soppengkab.go.id", None),
    "no host": ("https:///etc", None),
    "no scheme": ("soppengkab.go.id/1", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("url", "host"), LEADS.values(), ids=LEADS)
def test_a_link_says_where_it_leads_or_hides_it(url: str, host: str | None) -> None:
    assert host == host_of(url)


@pytest.mark.parametrize(
    ("host", "there"),
    [
        ("soppengkab.go.id", True),
        ("pupr.soppengkab.go.id", True),
        ("a.b.soppengkab.go.id", True),
        ("lapor.go.id", True),
        ("www.lapor.go.id", False),
        ("evilsoppengkab.go.id", False),
        ("soppengkab.go.id.evil.example", False),
        ("go.id", False),
    ],
)
def test_a_dot_in_front_means_all_below_it(host: str, there: bool) -> None:
    assert there == listed(host, HOSTS)


REPLACED = {
    "with its scheme": ("Cek https://evil.example/a ya", "Cek [TAUTAN] ya"),
    "at the end of a sentence": ("Cek http://evil.example.", "Cek [TAUTAN]."),
    "in brackets": ("(https://evil.example/x)", "([TAUTAN])"),
    "stuck to a word": ("cekhttps://evil.example/a", "[TAUTAN]"),
    "after a full stop": ("Selesai.https://evil.example", "[TAUTAN]"),
    "upper case": ("HTTPS://EVIL.EXAMPLE", "[TAUTAN]"),
    "another scheme": ("market://details?id=x", "[TAUTAN]"),
    "userinfo": ("https://soppengkab.go.id@evil.example/", "[TAUTAN]"),
    "userinfo of one letter": ("https://x@evil.example", "[TAUTAN]"),
    "another port": ("https://soppengkab.go.id:8443/", "[TAUTAN]"),
    "punycode": ("https://xn--soppengkb-7fg.go.id/", "[TAUTAN]"),
    "Cyrillic a": ("soppengk\u0430b.go.id/masuk", "[TAUTAN]"),
    "written from right to left": ("https://soppengkab.go.id/\u202egpj.exe", "[TAUTAN]"),
    "ours in front": ("soppengkab.go.id.evil.win", "[TAUTAN]"),
    "ours in its path": ("https://evil.example/soppengkab.go.id", "[TAUTAN]"),
    "at and more": ("a@b://evil.example/x", "a@[TAUTAN]"),
    "machine": ("http://10.1.2.3/login", "[TAUTAN]"),
    "www": ("buka www.evil.example, ya", "buka [TAUTAN], ya"),
    "shortened": ("isi bit.ly/bantuan", "isi [TAUTAN]"),
    "shortened, upper case": ("isi BIT.LY/bantuan", "isi [TAUTAN]"),
    "WhatsApp, masked": ("wa.me/[TELEPON]", "[TAUTAN]"),
    "Telegram": ("t.me/+abc dan s.id/abc", "[TAUTAN] dan [TAUTAN]"),
    "form": ("forms.gle/Ab1?x=1", "[TAUTAN]"),
    "bare": ("daftar di bantuan-soppeng.com.", "daftar di [TAUTAN]."),
    "name of many labels": ("a.b.c.d.e.f.g.h.i.j.k.com", "a.b.[TAUTAN]"),
    "bare, Indonesian": ("bantuan.web.id", "[TAUTAN]"),
    "bare, top": ("buka evil.top ya", "buka [TAUTAN] ya"),
    "bare, site": ("lapor-soppeng.site", "[TAUTAN]"),
    "bare, zip": ("unduh evil.zip.", "unduh [TAUTAN]."),
    "bare, of two letters": ("evil.co", "[TAUTAN]"),
    "ideographic dot": ("evil\u3002com/x", "[TAUTAN]"),
    "wide dot": ("evil\uff0ecom", "[TAUTAN]"),
    "half a dot": ("evil\uff61com", "[TAUTAN]"),
    "wide letters": ("\uff45vil.top", "[TAUTAN]"),
    "dot in brackets": ("evil(dot)com", "[TAUTAN]"),
    "dot in square brackets": ("evil[.]com/x", "[TAUTAN]"),
    "titik in brackets": ("evil (titik) com", "[TAUTAN]"),
    "dot as a word": ("evil dot com", "[TAUTAN]"),
    "machine without a scheme": ("1.2.3.4/x", "[TAUTAN]"),
    "machine and port": ("buka 10.1.2.3:8080/masuk", "buka [TAUTAN]"),
    "Cyrillic ending": ("evil.\u0440\u0444", "[TAUTAN]"),
    "punycode ending": ("evil.xn--p1ai", "[TAUTAN]"),
    "a host before the at": ("soppengkab.go.id@evil.com", "[TAUTAN]"),
    "a sentence behind it": ("evil.com.Terima kasih, evil.co.id.terima", "[TAUTAN].Terima kasih, [TAUTAN].terima"),
    "a word with a path behind it": ("evil.com.selesai/x", "[TAUTAN].selesai/x"),
    "a call": ("hubungi tel:0809123456", "hubungi [TAUTAN]"),
    "a message": ("sms:1708?body=x", "[TAUTAN]"),
    "of ours, which leads on": ("https://soppengkab.go.id/redirect?u=https://evil.example", "[TAUTAN]"),
    "of ours, which leads on in hiding": ("https://soppengkab.go.id/r?u=https%3A%2F%2Fevil.example", "[TAUTAN]"),
    "rare country before a path": ("evil.si/x", "[TAUTAN]"),
}
KEPT = [
    "Lihat https://pupr.soppengkab.go.id/foto?no=1, terima kasih.",
    "www.soppengkab.go.id atau SOPPENGKAB.GO.ID.",
    "Pantau di lapor.go.id/laporan",
    "Kontak PLN: www.pln.co.id",
    "Jl.Merdeka/Kemakmuran, Kec.Lalabata/Ganra, RT.02/RW.03",
    "Selesai.Terima kasih, a.n. Kepala Dinas, S.Kom, M.Si/M.T, dr.Andi/dr.Budi",
    "Rp 1.250.000,- pukul 08.00-09.30, 24/11/2026, s.d. 30.11.2026, 119.8812, -4.3512",
    "surel pupr@soppengkab.go.id, pupr@evil.co.id.",
    "surel [EMAIL], tiket SPG-S4K7-Q2MDN, dll./dsb.",
    "Sudah.ke lokasi, lalu.la dan.so, RS.La Temmamala, Jl.St.Ahmad/Jl.H.A.Wana",
    "drg.Hj.Andi Nur, S.Si., M.Pd.I., A.Md.Keb, S.H.,M.H., Sp.OG, S.Bio. dan M.Med.",
    "alat tiba pk.09.15/WITA, No.12/BPBD/2026, 3.5.2, versi 1.2.3.4, 0484.21045",
    "Titik api di dekat dot hitam; sms: belum, tel: tidak ada, data: lengkap",
    "https://pupr.soppengkab.go.id/foto?no=1&u=pupr",
]


@pytest.mark.parametrize(("text", "shown"), REPLACED.values(), ids=REPLACED)
def test_a_link_that_leads_elsewhere_is_replaced(text: str, shown: str) -> None:
    assert (shown, shown) == (mask_links(text, HOSTS), mask_links(shown, HOSTS))


@pytest.mark.parametrize("text", KEPT)
def test_our_own_links_stay_and_what_is_no_link(text: str) -> None:
    assert text == mask_links(text, HOSTS, keep=["www.pln.co.id"])


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a.",
        "a-",
        "com.",
        "id/",
        "http:",
        "www.",
        "://",
        "a.com@",
        "\u0430.",
        "a dot ",
        "a(dot)",
        "1.2.3.4",
        "tel:",
    ],
)
def test_no_text_is_read_from_each_of_its_letters_to_its_end(part: str) -> None:
    """If it were read from each of its letters, a text of this length would exceed the time limit of a test."""
    mask_links(part * (1_000_000 // len(part)), HOSTS)
