"""The page that shows messages from and to citizens, and lets one play a citizen."""

from html import escape
from itertools import groupby
from typing import NamedTuple

from litestar import MediaType, get

from lapor.standins.settings import SHORT_CODE, X_HANDLE
from lapor.standins.sms import international
from lapor.standins.state import World

_CHANNELS = {"sms": "SMS", "x": "X", "facebook": "Facebook", "whatsapp": "WhatsApp", "web": "Web", "email": "Surat"}
_STYLE = """
:root{color-scheme:light;--ink:#1d2939;--soft:#667085;--line:#e4e7ec;--ours:#e7f5ee;--green:#0b6b46}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:#f6f7f9}
h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:0 0 .5rem}
summary{font-size:1.05rem;font-weight:700;cursor:pointer}
p{margin:.25rem 0}.soft{color:var(--soft);font-size:.875rem}
.card{background:#fff;border:1px solid var(--line);border-radius:.75rem;padding:1rem;margin:0 0 1rem}
.tag{background:var(--green);color:#fff;border-radius:1rem;padding:.05rem .6rem;font-size:.8rem;
 margin-right:.4rem}
.bubble{border-radius:.75rem;padding:.5rem .75rem;margin:.4rem 0;max-width:85%;white-space:pre-wrap;
 overflow-wrap:anywhere;background:#f2f4f7;width:fit-content}
.ours{background:var(--ours);margin-left:auto}
label{display:block;font-weight:600;margin:.6rem 0 .2rem}
input,textarea{width:100%;font:inherit;padding:.5rem;border:1px solid #98a2b3;border-radius:.5rem}
button{font:inherit;font-weight:600;margin-top:.8rem;padding:.55rem 1rem;border:0;border-radius:.5rem;
 background:var(--green);color:#fff;cursor:pointer}
:focus-visible{outline:3px solid #84caff;outline-offset:1px}
"""
_FRAME = (
    ".all{display:grid;grid-template-columns:minmax(17rem,24rem) 1fr;gap:1rem;padding:1rem;min-height:100vh}"
    "iframe{width:100%;height:100%;min-height:70vh;border:0}"
    "@media(max-width:50rem){.all{grid-template-columns:1fr}}"
)
_WRITE = f"""
<div class="all"><main>
<h1>Kotak warga</h1>
<p class="soft">Pengganti gerbang SMS, X, Facebook, WhatsApp, dan server surat pada komputer ini. Berperanlah sebagai
warga: kirim laporan, lalu lihat jawabannya di sebelah.</p>
<details class="card" open><summary>Kirim SMS ke {SHORT_CODE}</summary>
<form method="post" action="/sms/send-mo">
<input type="hidden" name="back" value="1">
<label for="from">Nomor Anda</label>
<input id="from" name="from" value="081234567890" inputmode="tel" required>
<label for="sms">Isi SMS</label>
<textarea id="sms" name="text" rows="4" required>SOPPENG jalan berlubang di depan Pasar Lajoa</textarea>
<button>Kirim SMS</button></form></details>
<details class="card"><summary>Sebut @{X_HANDLE} di X</summary>
<form method="post" action="/x/mention">
<input type="hidden" name="back" value="1">
<label for="handle">Nama akun Anda</label>
<input id="handle" name="handle" value="warga_soppeng" maxlength="16" required>
<label for="kiriman">Isi kiriman</label>
<textarea id="kiriman" name="text" rows="4" required>
Lampu jalan padam di Jalan Kemakmuran, Watansoppeng</textarea>
<button>Kirim ke X</button></form></details>
<details class="card"><summary>Tulis di halaman Facebook</summary>
<form method="post" action="/graph/post">
<input type="hidden" name="back" value="1">
<label for="nama">Nama Anda</label>
<input id="nama" name="name" value="Warga Soppeng" maxlength="60" required>
<label for="tulisan">Isi kiriman</label>
<textarea id="tulisan" name="text" rows="4" required>
Sampah menumpuk di depan Pasar Sentral Watansoppeng</textarea>
<button>Kirim ke Facebook</button></form></details>
<details class="card"><summary>Kirim pesan lewat Messenger</summary>
<form method="post" action="/graph/message">
<input type="hidden" name="back" value="1">
<label for="pengirim">Nama Anda</label>
<input id="pengirim" name="name" value="Warga Soppeng" maxlength="60" required>
<label for="pesan">Isi pesan</label>
<textarea id="pesan" name="text" rows="4" required>
Air PDAM mati di Jalan Merdeka sejak kemarin</textarea>
<button>Kirim pesan</button></form></details>
<details class="card"><summary>Kirim WhatsApp</summary>
<form method="post" action="/whatsapp/message">
<input type="hidden" name="back" value="1">
<label for="wa">Nomor Anda</label>
<input id="wa" name="from" value="6281234567890" inputmode="tel" required>
<label for="isi">Isi pesan</label>
<textarea id="isi" name="text" rows="4" required>
Pohon tumbang menutup jalan di Desa Marioritengnga</textarea>
<button>Kirim pesan</button></form></details>
</main><iframe src="/kotak" title="Pesan yang diterima warga"></iframe></div>
"""


class Line(NamedTuple):
    """One message between a citizen and us."""

    channel: str
    who: str
    ours: bool
    text: str
    at: str


def _document(title: str, style: str, body: str, refresh_s: int = 0) -> str:
    refresh = f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else ""
    return (
        f'<!doctype html><html lang="id"><head><meta charset="utf-8">{refresh}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}{style}</style></head><body>{body}</body></html>"
    )


def _citizen(channel: str, name: str) -> str:
    return international(name) if channel == "sms" else name


def _lines(world: World) -> list[Line]:
    told = [Line(each.channel, _citizen(each.channel, each.to), True, each.text, each.at) for each in world.sent]
    said = [Line(each.channel, each.by, False, each.text, each.at) for each in world.said]
    return sorted([*told, *said], key=lambda line: line.at)


def _talk(channel: str, who: str, lines: list[Line]) -> str:
    bubbles = "".join(
        f'<div class="bubble{" ours" if line.ours else ""}">{escape(line.text)}'
        f'<div class="soft">{"LAPOR!" if line.ours else "Warga"} · {escape(line.at[11:19])} WITA</div></div>'
        for line in lines
    )
    name = f"@{who}" if channel == "x" else who
    return (
        f'<section class="card"><h2><span class="tag">{escape(_CHANNELS.get(channel, channel))}</span>'
        f"{escape(name)}</h2>{bubbles}</section>"
    )


@get("/", media_type=MediaType.HTML)
async def front() -> str:
    """Show the forms, and beside them the talks in a frame, so that a refresh never wipes a half-typed form."""
    return _document("Kotak warga · LAPOR! Soppeng", _FRAME, _WRITE)


@get("/kotak", media_type=MediaType.HTML)
async def talks(world: World) -> str:
    """Show the messages of each citizen, one card per citizen and channel, the latest talk on top."""
    by_citizen = sorted(_lines(world), key=lambda line: (line.channel, line.who))
    grouped = [(key, list(lines)) for key, lines in groupby(by_citizen, key=lambda line: (line.channel, line.who))]
    grouped.sort(key=lambda talk: talk[1][-1].at, reverse=True)
    cards = "".join(_talk(channel, who, lines) for (channel, who), lines in grouped[:200])
    empty = '<p class="card">Belum ada pesan. Kirim satu dari formulir.</p>'
    return _document("Pesan warga", "body{padding:0 .25rem}", cards or empty, refresh_s=3)
