"""The words by which people ask, complain, warn and accuse; data for ``signals``, read as lower-case text."""

from __future__ import annotations

import re
from collections.abc import Iterable


def whole_words(*patterns: str) -> re.Pattern[str]:
    """One pattern that finds any of ``patterns`` as whole words."""
    return re.compile(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)")


def _any(patterns: str) -> re.Pattern[str]:
    return whole_words(*(part.strip() for part in patterns.split(";") if part.strip()))


def phrases(lines: Iterable[str]) -> re.Pattern[str]:
    """One pattern for phrases as ``cues.yaml`` writes them: ``*`` any ending, ``a/b`` either word."""
    return whole_words(*(r"\W{1,3}".join(map(_alternatives, line.split())) for line in lines))


def _alternatives(words: str) -> str:
    return "(?:" + "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words.split("/")) + ")"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ASKS = _any(
    r"""
    (?:mau|ingin|numpang|izin|ijin|mohon ijin|hendak|mo) (?:ber|me)?(?:n?tanya|nanya)\w*;
    (?:minta|mohon|butuh|perlu|mau minta) (?:info|informasi|petunjuk)\w*;
    (?:bagaimana|gimana|gmn|bgmn) (?:ya )?(?:cara|prosedur|proses|syarat|mekanisme|alur|kalau mau|kalau)\w*;
    (?:apa|apakah) (?:saja )?(?:syarat|persyaratan|berkas|dokumen)\w*;
    (?:syarat|persyaratan)\w* .{0,60}apa(?: saja)?;
    (?:cara|prosedur|syarat|persyaratan|alur|jadwal) (?:untuk )?(?:urus|mengurus|daftar|mendaftar|buat|membuat)\w*;
    (?:cara|prosedur|syarat|alur|jadwal) (?:pindah|bayar|membayar|pe[nm]\w+an|mengajukan|imunisasi|vaksin)\w*;
    apakah (?:bisa|ada|masih|boleh|benar|sudah|perlu|harus|dapat); bisakah; adakah; benarkah;
    berapa (?:biaya|lama|tarif|persen|syarat|besar|harga)\w*;
    di ?mana (?:kah|bisa|saya|tempat|alamat|lokasi|daftar|diurus|mengurus|buat|urus|kantor|kami|beli|dapat)\w*;
    info(?:rmasi)? (?:tentang|mengenai|terkait|soal|jadwal|pendaftaran|lowongan|nomor|alamat); pekkoga carana;
    aga sara'?na; (?:nomor|no) (?:telepon|kontak|hp|wa|call center) .{0,30}(?:berapa|apa);  menanyakan;
    (?:jam|hari) (?:buka|pelayanan|kerja|operasional)\w* .{0,20}(?:berapa|apa|kapan);
    ke ?mana (?:saya|kami|harus|bisa)\w*; siapa yang (?:bisa|harus) (?:dihubungi|saya hubungi);
    bisa ?(?:kah|tidak|gak|nggak|ga|ndak|tdk) (?:ya|saya|kami|di|kalau);
    (?:masih |sudah )?ada (?:info|jadwal|lowongan|pendaftaran|program|kuota|bantuan)\w* .{0,60}\?;
    caranya (?:bagaimana|gimana|gmn|ya|apa); mohon (?:penjelasan|pencerahan|petunjuk)\w*;
    (?:syarat|biaya|jadwal|alur|prosedur|alamat|nomor)nya (?:apa|berapa|kapan|di ?mana|bagaimana|gimana)\w*;
    kapan (?:pendaftaran|jadwal|dibuka|mulai|pembukaan|pengumuman|seleksi|vaksin\w*|imunisasi)\w*
    """
)

QUESTIONS = _any(
    r"""
    kapan; berapa; apakah; bagaimana; di ?mana; apa saja; siga; pekkoga; apa; gmn; bgmn; gimana; kpn; brp; dmn;
    bisakah; bolehkah;
    masih ada\b.{0,20}\?
    """
)

COMPLAINS = _any(
    r"""
    rusak\w*; hancur; parah; mati; padam; bocor; tersumbat; mampet; banjir\w*; longsor; kecewa\w*; keluh\w*;
    mengeluh\w*; lambat; tidak pernah; tidak (?:di)?tanggap\w*; tidak ada (?:tindak|tanggap|respon)\w*;
    sampai sekarang; terus menerus; menumpuk; meresahkan; mengganggu; pungli; oknum; korupsi; dipersulit;
    tidak adil; salah sasaran; macet; bau; kotor; langka; bahaya\w*; membahayakan; ditindak\w*; dirugikan;
    belum (?:juga|pernah|ada|di\w+|cair|jadi|keluar); berlubang; roboh; tolong (?:di\w+|pak); masolang;
    kenapa; mengapa; knp; kok; (?:bagaimana|gimana) ini;
    (?:apa|apakah) (?:tidak|tdk|harus (?:menunggu|nunggu|tunggu)|memang|begini|begitu)\w*;
    kapan .{0,40}(?:diperbaiki|diaspal|ditangani|diangkut|ditindak\w*|ditebang|dipangkas|menyala|mengalir|dibenahi);
    mangkrak; di(?:tahan|potong|tolak|hentikan)
    """
)

WISHES = _any(
    r"""
    usul\w*; mengusulkan; saran\w*; menyarankan; sebaiknya; alangkah baiknya; aspirasi; masukan;
    kami berharap agar; harapan kami agar; ide; seandainya
    """
)

FRAUD = (
    _any(
        r"""
        selamat (?:anda|nomor|no|kpd)\w*; anda (?:terpilih|mendapat\w*|memenangkan|pemenang|menang);
        pemenang undian; undian; berhadiah; cek tunai; (?:dapat|mendapat\w*|mndpt|dpt) hadiah; poin anda;
        hadiah (?:utama|langsung|rp|mobil|motor|uang)\w*; (?:kode )?pin (?:anda|pemenang); no(?:mor)? undian;
        rejeki nomplok; (?:info|pesan) resmi (?:dari )?(?:pt|bank|telkomsel)\w*;
        dari (?:pt|telkomsel|shopee|lazada|bank \w+) (?:poin|point|undian)
        """
    ),
    _any(
        r"""
        pinjaman (?:cepat|tanpa|online|uang|dana)\w*; dana (?:cepat|tunai|kilat|talangan);
        tanpa (?:agunan|jaminan|survei|bi checking); bunga (?:rendah|ringan|\d); kta;
        pinjol; kredit (?:tanpa|cepat|mobil|motor)\w*; dp (?:murah|ringan|\d)\w*;
        cair (?:\d+ menit|hari ini|langsung); butuh (?:dana|uang|modal)\b.{0,20}(?:hub|wa|call|klik)
        """
    ),
    _any(
        r"""
        slot\w*; gacor; maxwin; jackpot; deposit; togel; bonus (?:new|member|\d)\w*; depo; scatter;
        bandar (?:judi|bola)\w*; casino; poker; rtp; agen (?:judi|bola|slot)\w*; prediksi (?:angka|togel)\w*;
        profit (?:harian|\d)\w*; forex; trading; investasi (?:untung|profit|mulai)\w*;
        (?:kerja|bisnis) (?:dari rumah|online|sampingan)\w*
        """
    ),
    _any(
        r"""
        promo\w*; diskon \d+; gratis ongkir; cashback; beli sekarang; harga promo;
        jual (?:obat|follower|akun|pulsa|murah)\w*; obat kuat; pembesar; peninggi; pelangsing; flash sale;
        open order; ready; grosir; obral; cuci gudang; minat (?:hub|wa|call|inbox|dm)\w*; pin bb; cod;
        (?:menerima|jasa) (?:pesanan|pembuatan|pengetikan|sedot|service|servis|joki|skripsi)\w*;
        harga (?:miring|murah|mulai)\w*; ready stock;
        dijual (?:cepat|murah|rumah|tanah|mobil)\w*; termurah; pesan sekarang
        """
    ),
    _any(
        r"""
        mama .{0,20}pulsa; (?:isikan|kirim(?:kan)?|transfer) (?:pulsa|uang|saldo)\w*; kirim ke rek\w*;
        transfer ke rek\w*; ketik \w+ (?:kirim|spasi)
        """
    ),
    _any(
        r"""
        klik\b.{0,40}; hub(?:ungi)?\.? ?(?:wa|nomor|no|kami|cs|bpk|admin)?; info lengkap; wa\.me\S*; bit\.ly\S*;
        daftar sekarang; www\.\S+; https?://\S+; t\.me\S*; s\.id/\S*; call ?/ ?wa; join (?:grup|channel)\w*
        """
    ),
)

REPORTS = _any(
    r"""
    lapor\w*; melapor\w*; penipuan; tertipu; ditipu; menipu; blokir\w*; diblokir; korban; mengadu\w*; meresahkan;
    (?:mohon|tolong) (?:di)?tindak\w*; ilegal; meneror; diteror; marak; hoaks; hoax; apakah benar; benarkah
    """
)
#: Words of complaints that an advertisement may have too.
CIVIC = _any(
    "bansos; retribusi; pajak; dinas; warga; petugas; desa; jalan; jln; rusak; kelurahan; pemda; bupati; sekolah"
)

BUGIS = _words(
    """
    engka degaga dena de' depa de aja' ri sibawa nasaba narekko rekko ko'e makkada makkeda makkedai iyaro iyatu
    iyae iyana iya'e idi' idi iko alena ladde maega maja' meja' masija' malinta' mabela macawe' maloppo loppo
    baiccu' matoa malolo makessing madeceng masolang masara macai madodong masoli masempo marola maddeppa mabbau
    macarepa roppo bosi lempe' lempe salo saloe wae uwae api bola bolae bolaku laleng lalenge lalengnge galung
    galungnge pasa pasae kampong kampongku dui' dui doi' esso wenni siminggu tellu dua'e eppa lima'e metta
    makkokkoe baja denre labe' pura pole pole'e lao laoka lettu jokka najokka tudang tinro manre mandre minung
    cemme mala mala'i mita uita naita tulung tulungnga tulu'ka jampangi aga agana magi magani pekkoga pekku
    siaga siaga'e niga kega tega maneng maneng'e tau tauwe tau'e ana' ana'ku ambo' indo' indo'ku nene'ku to
    taniya tania weddi wedding naulle ulle elo elo'ka melo melli ellinna molo paimeng mopa topa lalo marebba
    cappu cappu'ni kasiasi pettang kape' malasa peddi' peddi babua marakko onrong riolo ri'e rilaleng monri
    riase riawa tongeng majeppu jama jamang pallaonruma na'e mappakoe matteru massing nyawa
    """
)

MAKASSAR = _words(
    """
    tena tenamo tanre niaka niak inakke kau katte ikatte iangku kontu antekamma apantu apa'na anne anjo antu
    battu mange naung nai sallo ballak ballaka je'ne jekne jeknek bosi'i agang oloko kalassukang sarro lompo
    lompona ca'di tau'ai paccce pacce nakana kana mae rigaring pappalak
    """
)

JAVA = _words(
    """
    ora ana wis durung iki iku kuwi opo piye kepriye kok sing karo saka menyang nang ning dalan banyu omah wong
    akeh rusak'e dandani kulo kula mboten panjenengan sampun dereng niki niku ingkang kaliyan nopo pripun matur
    nuwun ndalan dalane udan mati'ne isih gak'ono ono nggih meniko
    """
)

ENGLISH = _words(
    """
    the is are was not and please road broken water our my we you they there have has this that with for from
    since help fix street light of been very government when how where
    """
)

INDONESIAN = _words(
    """
    yang di dan tidak ada sudah belum saya kami mohon tolong dari ke ini itu untuk dengan karena pak bu jalan
    rumah air lampu desa bisa mau kalau juga lagi sampai warga sekali banyak terima kasih apa kapan bagaimana
    selalu masih pada ya tdk sdh yg dgn krn utk blm sy
    """
)

MISCONDUCT = _any(
    r"""
    oknum\w*; pungli; pungutan liar; korup\w*; dikorup\w*; suap\w*; menyuap; disuap;
    (?:me)?minta (?:uang|duit|dui|imbalan|bayaran|amplop|jatah|sogok\w*|fee|biaya tambahan|setoran|\d+|rp)\w*;
    dimintai (?:uang|bayaran|duit)\w*; meminta .{0,20}(?:ribu|juta|rupiah|uang);
    minta .{0,12}(?:ribu|juta|rupiah)\b; uang (?:rokok|pelicin|kopi|terima kasih); pelicin; amplop; memeras;
    pemerasan; kasar; membentak\w*; dibentak\w*; bentak\w*; arogan\w*; sombong; tidak sopan; jutek; marah marah;
    menghina; melecehkan; memukul; mengancam; intimidasi; malas\w*; bolos\w*;
    jarang (?:masuk|di kantor|ngantor); nongkrong; tidur (?:di|saat|waktu)\w*; main (?:game|hp|kartu|domino);
    nepotisme; kolusi; kkn; gratifikasi; jual beli jabatan; penyalahgunaan; menyalahgunakan; menyeleweng\w*;
    diselewengkan; penyelewengan; menggelapkan; penggelapan; fiktif; mark ?up; mempersulit; dipersulit;
    pilih kasih; diskriminasi; calo\w*; selingkuh; mabuk; mellau dui; menilep; ditilep; sogok\w*;
    menerima (?:uang|suap|fee)\w*; kampanye; mobil dinas; plat merah
    """
)

#: Before a unit's name: it is called upon, not accused.
CALLED_UPON = re.compile(
    r"(?:^|\W)(?:kepada|yth|ke|mohon|harap|agar|supaya|tolong)"
    r"(?:\W+(?:yth|bapak|pak|ibu|kepala|pihak|kantor|dinas|bupati|dan|tim))*\W*$"
)
NEGLECT = _any(
    r"""
    tidak (?:pernah )?\w*(?:[tn]anggap|respon|gubris|[tn]indak|balas|peduli|jawab|angkat|becus)\w*; diabaikan;
    mengabaikan; lambat\w*; lamban\w*; lelet; buruk\w*; kinerja;
    (?:tidak|tdk) (?:becus|profesional|jelas|beres); keluhan; kecewa\w*; ditutup sepihak; didiamkan; cuek;
    aplikasi\w* .{0,20}error; mengecewakan
    """
)
