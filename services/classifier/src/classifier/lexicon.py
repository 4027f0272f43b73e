"""The words by which people ask, complain, wish and advertise; data for ``signals``, read as lower-case text."""

from __future__ import annotations

import re


def whole_words(*patterns: str) -> re.Pattern[str]:
    """One pattern that finds any of ``patterns`` as whole words."""
    return re.compile(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)")


def any_of(patterns: str) -> re.Pattern[str]:
    return whole_words(*(part.strip() for part in patterns.split(";") if part.strip()))


ASKS = any_of(
    r"""
    (?:mau|ingin|numpang|izin|ijin|mohon ijin|hendak|mo) (?:ber|me)?(?:n?tanya|nanya)\w*;
    (?:minta|mohon|butuh|perlu|mau minta) (?:info|informasi|petunjuk)\w*;
    (?:bagaimana|gimana|gmn|bgmn) (?:ya )?(?:cara|prosedur|proses|syarat|mekanisme|alur|kalau mau|kalau)\w*;
    (?:apa|apakah) (?:saja )?(?:syarat|persyaratan|berkas|dokumen)\w*;
    (?:syarat|persyaratan)\w* .{0,60}apa(?: saja)?;
    (?:cara|prosedur|syarat|persyaratan|alur|jadwal) (?:untuk )?(?:urus|mengurus|daftar|mendaftar|buat|membuat)\w*;
    (?:cara|prosedur|syarat|alur|jadwal) (?:pindah|bayar|membayar|pe[nm]\w+an|mengajukan|imunisasi|vaksin)\w*;
    apakah (?:bisa|ada|masih|boleh|benar|sudah|perlu|dapat); bisakah; adakah; benarkah;
    berapa (?:biaya|lama(?! lagi)|tarif|persen|syarat|besar|harga)\w*;
    di ?mana (?:kah|bisa|saya|tempat|alamat|lokasi|daftar|diurus|mengurus|buat|urus|kantor|kami|beli|dapat)\w*;
    info(?:rmasi)? (?:tentang|mengenai|terkait|soal|jadwal|pendaftaran|lowongan|nomor|alamat); pekkoga carana;
    aga sara'?na; (?:nomor|no) (?:telepon|kontak|hp|wa|call center) .{0,30}(?:berapa|apa); menanyakan;
    (?:jam|hari) (?:buka|pelayanan|kerja|operasional)\w* .{0,20}(?:berapa|apa|kapan);
    ke ?mana (?:saya|kami|harus|bisa)\w*; siapa yang (?:bisa|harus) (?:dihubungi|saya hubungi);
    bisa ?(?:kah|tidak|gak|nggak|ga|ndak|tdk) (?:ya|saya|kami|di|kalau);
    (?:masih |sudah )?ada (?:info|jadwal|lowongan|pendaftaran|program|kuota|bantuan)\w* .{0,60}\?;
    caranya (?:bagaimana|gimana|gmn|ya|apa); mohon (?:penjelasan|pencerahan|petunjuk)\w*;
    (?:syarat|biaya|jadwal|alur|prosedur|alamat|nomor)nya (?:apa|berapa|kapan|di ?mana|bagaimana|gimana)\w*;
    kapan (?:pendaftaran|jadwal|dibuka|mulai|pembukaan|pengumuman|seleksi|vaksin\w*|imunisasi)\w*;
    (?:nanya|tanya) (?:dong|donk|nih|ki|dulu|min|pak|bu)\w*; (?:di)?infokan\w*;
    (?:pengen|pengin|ingin|mau) (?:tau|tahu)\w*;
    (?:minta|mohon) (?:nomor |no )?(?:kontak|nomor|data|salinan|info|jadwal|alamat|rincian|link)\w*;
    (?:ga|gak|tidak|ndak|tdk) ya (?:kalau|klo|min|pak|bu)\b; (?:bagaimana|gimana|gmn) (?:me|nge?)\w+;
    cara (?:cek|melihat|lihat|akses|unduh|download|ganti|ubah|klaim|lapor|sanggah|dapat|tebus|gabung)\w*;
    ^info \w+; \w+ (?:dong|donk)$;
    (?:lapor|urus|ngurus|daftar|ajukan|konsultasi)(?:nya)? (?:ke|di|lewat|lwt|dari)? ?(?:mana|kmn)\w*;
    (?:izin|ijin|bayar|klaim|tukar|beli|ambil|buat|bikin|hubungi)(?:nya)? (?:ke|di|lewat|lwt|dari)? ?(?:mana|kmn)\w*;
    (?:ke|di|lewat|lwt|dari|buka) ?mana (?:ya|biar|aja|saja|dulu|yg|yang)\w*; (?:ke|lewat|lwt) ?mana\W*$; kmn ya;
    (?:boleh|bisa|bs|perlu|wajib|gratis|bayar|masih)\b[^.?!]{0,50}\b(?:n?gak?|ndak|tdk|tidak|kah)(?: \w{2,3})?\W*\?;
    (?:resmi|legal|dapat|kena|buka|ada|berlaku)\b[^.?!]{0,50}\b(?:n?gak?|ndak|tdk|tidak|belum|kah)(?: \w{2,3})?\W*\?;
    (?:buka|ada|perlu|bisa|masih|s?udah|boleh)\b[^.?!]{0,50}\b(?:n?gak?|kah|(?:tidak|ndak|tdk|belum) ya)(?: \w+)?\W*$;
    (?:boleh|bisa|gratis|bayar|resmi|wajib|perlu|cukup)\W{0,2}\?; (?:atau|ato) [^.?!]{1,60}\?;
    (?:perlu|cukup|wajib|butuh|boleh|bisa|bs) [^.?!]{1,60}\?;
    ^(?:min |halo |permisi |pak |bu )?(?:kalau|klo|kalo) (?:mau|ingin|jadi|kena|petugas)\b;
    siapa (?:ya )?(?:yang |yg )?(?:berwenang|mengurus\w*|menangani|urus|nama|menegakkan|kepala)\b;
    (?:pinten|piro|iraha|pundi)
    """
)

QUESTIONS = any_of(
    r"""
    kapan; berapa; apakah; bagaimana; di ?mana; ke ?mana; siapa; apa saja; siga; pekkoga; apa; gmn; bgmn; gimana;
    kpn; brp; dmn; bisakah; bolehkah; masih ada\b.{0,20}\?
    """
)

COMPLAINS = any_of(
    r"""
    rusak\w*; hancur; parah; mati; padam; bocor; tersumbat; mampet; banjir\w*; longsor; kecewa\w*; keluh\w*;
    mengeluh\w*; lambat; tidak pernah; tidak (?:di)?tanggap\w*; tidak ada (?:tindak|tanggap|respon)\w*;
    sampai sekarang; terus menerus; menumpuk; meresahkan; mengganggu; pungli; oknum; korupsi; dipersulit;
    tidak adil; salah sasaran; macet; bau; kotor; langka; bahaya\w*; membahayakan; ditindak\w*; dirugikan;
    belum (?:juga|pernah|ada|di\w+|cair|jadi|keluar); berlubang; roboh; tolong (?:di\w+|pak); masolang; kenapa;
    mengapa; knp; kok; (?:bagaimana|gimana) ini;
    (?:apa|apakah) (?:tidak|tdk|harus (?:menunggu|nunggu|tunggu)|memang|begini|begitu)\w*;
    kapan .{0,40}(?:diperbaiki|diaspal|ditangani|diangkut|ditindak\w*|ditebang|dipangkas|menyala|mengalir|dibenahi);
    mangkrak; di(?:tahan|potong|tolak|hentikan)
    """
)

#: Complaining in the dress of a question, and how long it has lasted: it weighs as much as asking in so many words.
REPROACHES = any_of(
    r"""
    sampai kapan(?! pendaftaran| dibuka| berlaku| batas); (?:apa|buat apa) gunanya;
    buat apa (?:bayar|lapor|ada|punya)\w*; (?:mau |harus )?(?:berapa|brp) (?:lama|kali) lagi;
    (?:berapa|brp) kali (?:harus|sudah|lapor)\w*; numpuk; kerja apa; kerjanya apa;
    di ?mana (?:petugas|keadilan|pemerintah|tanggung)\w*; ke ?mana (?:aja|saja|perginya|uang\w*|dana\w*) \w+;
    tutup mata; (?:harus|nunggu|tunggu|menunggu) (?:viral|ada korban|korban|demo|mati); begini terus;
    (?:apa )?memang begini; (?:macam|model) apa; mau serius; masa (?:begini|sih|iya); mana janji\w*; mati lagi;
    tanggung jawab kalau; (?:siapa )?takut sama siapa; kok bisa; katanya gratis;
    (?:apa|apakah) harus (?:ada |ada yang )?(?:viral|korban|mati|nunggu|menunggu|jatuh);
    (?:udah|sudah|sdh) lapor \d+; lama lagi; (?:bagaimana|gimana|gmn) ini;
    (?:siapa (?:yang )?(?:mau )?)tanggung jawab; ke ?mana (?:aja|saja) \w+;
    (?:sudah|sdh|udah|udh|sejak|lebih dari) (?:hampir )?\d+ ?(?:x|ha?ri?|minggu|mgg|bulan|bln|ta?hu?n|jam)\w*;
    (?:s?udah|sdh|udh|sejak|lebih dari) (?:hampir )?(?:se|dua |tiga |empat |lima )(?:hari|minggu|bulan|tahun|jam)\w*;
    (?:sudah|sdh|udah) (?:ber(?:hari|minggu|bulan|tahun)\S*(?: \S+)?|sejak \w+|lama);
    (?:tiap|setiap) (?:hujan|hari|malam|bulan) (?:banjir|mati|kosong|padam|bau)\w*
    """
)

#: An advice or hope that stands for itself; "sarana", "masukan berkas" and "harapan kami agar diperbaiki" are none.
WISHES = any_of(
    r"""
    (?:usul|usulan|pengusulan|mengusulkan)(?! (?:dusun|rehab|sy di|itu siapa))(?:nya|ku)?;
    saran(?:ku|nya)?(?: (?:saya|sy|kami))?(?=[,:]| untuk| buat| \w); (?:kami|saya|sy|hendak|ingin) menyarankan;
    sebaiknya; alangkah (?:baik|bagus|indah|senang)nya; aspirasi\w*;
    (?:beri|kasih|sekadar|sekedar|ada|sebagai|sedikit|ini) masukan;
    masukan (?:saya|sy|kami|untuk|utk|buat|bagi|kepada)\w*; (?:punya |ada )?ide (?:saya|kami|bagus|dari)\w*; ide:;
    andai\w*; seandainya; menurut saya; (?:ber|meng)?harap\w* (?:di\w+kan|dibangun|ada|bisa ada|kedepan\w*) \w+;
    semoga (?:ke ?depan\w*|ada|bisa ada|nanti)\b;
    (?:mohon|tolong) (?:dibuat\w*|disediakan|sediakan|sediain|diadakan|dibangun\w*|dihidupkan lagi|ditinjau ulang) \w+;
    sediakan; bikin dong
    """
)

#: What frauds and advertisements offer, ask for or threaten with: each is a mark.
OFFERS = any_of(
    r"""
    selamat\W{1,4}(?:anda|nomor|no|kpd)\w*;
    (?:anda|nomor anda|akun anda) (?:terpilih|mendapat\w*|memenangkan|pemenang|menang|lolos)\w*; berhadiah;
    cek tunai; (?:dapat|mendapat\w*|mndpt\w*|dpt) hadiah; poin anda; tukar poin;
    hadiah (?:utama|langsung|rp|mobil|motor|uang|\d)\w*; pin (?:anda|pemenang|atm); rejeki; giveaway; voucher;
    kupon; (?:bagi bagi|dapatkan|gratis) (?:thr|subsidi|emas|saldo|pulsa|kuota|hadiah); (?:saldo )?dana kaget;
    saldo dana; sebelum hangus; cek nama anda; (?:info|pesan) resmi;
    (?:dari|nasabah|pengguna) (?:bank|bri|bca|telkomsel|shopee)\w*; pinjaman (?:cepat|tanpa|online|uang|dana)\w*;
    dana (?:cepat|tunai|kilat|talangan); tanpa (?:agunan|jaminan|survei|bi checking|modal);
    bunga (?:rendah|ringan|\d)\S*; kta; galbay; bpkb; angsuran ringan; take over; limit (?:naik|sampai);
    butuh (?:dana|modal)\b; bi checking; pelunasan hutang; kredit (?:tanpa|cepat|mobil|motor)\w*;
    dp (?:murah|ringan|\d)\w*; cair (?:\d+ menit|hari i?ni|hari itu|langsung)\w*; langsung cair;
    (?:proses|berangkat) (?:cepat|\d hari); simpan pinjam kami; slot gacor; gacor; maxwin; jackpot; deposit; togel;
    bonus (?:new|member|referral|deposit|\d)\w*; depo; scatter; parlay; bandar (?:judi|bola)\w*; casino; rtp;
    agen (?:judi|bola|slot|resmi|pulsa)\w*; (?:prediksi|bocoran) \w+; wd jutaan; modal \d+rb; higgs domino; s128;
    judi online; sabung ayam online; angka jitu; pesugihan; uang gaib; gaib; pelet (?:ampuh|sakti|cinta); penglaris;
    mahar;
    penggandaan uang; ki ageng; tanpa tumbal; profit (?:harian|\d)\w*; forex; trading; kripto; autopilot; withdraw;
    balik modal; untung (?:besar|\d)\S*; cuan; webinar; testi\w*; amanah; pasif income; income \d+;
    (?:kerja|bisnis) (?:dari rumah|online|sampingan|part time)\w*; part time; komisi harian;
    like (?:&|dan|video) ?\w*; perhari; titip dana; arisan online; tanpa potongan; fresh graduate; admin online;
    biaya (?:admin|travel|tiket)\w*; booking travel; lolos seleksi; pemenang \w+; undian;
    slot (?:gacor|online|masih); toto gelap; 4d; klaim (?:sekarang|saldo|bonus|hadiah)\w*; \w+ klaim bonus;
    chip (?:higgs|murah); ki (?:ageng|bejo); poker; gaji (?:rp )?\d+ ?(?:rb|ribu|jt|juta)\w*; per hari; paruh waktu;
    freelance;
    lowongan (?:kerja )?(?:paruh|part|freelance|admin|dari|pabrik|online)\w*; (?:buka|membuka) lowongan; resmi ojk;
    cukup ktp;
    investasi \d+; \d+ (?:jt|juta) jadi \d+; bagi hasil; pinjol (?:resmi|cepat|aman|cair|legal); tanpa survey?;
    syarat (?:ringan|mudah);
    (?:link|klik) .{0,30}klaim; klaim bantuan \d+\w*; gampang menang; slot terpercaya; cair \d+;
    proses \d+ (?:jam|menit);
    gadai; dana tunai; jadi (?:agen|mitra|member); penghasilan (?:tambahan|\d+)\w*; sinyal trading; robot trading;
    airdrop
    """
)
SALES = any_of(
    r"""
    promo\w*; diskon \d+; gratis (?:ongkir|trial|pasang|masak|desain|\d)\w*; free ongkir; cashback; beli sekarang;
    jual (?:obat|follower|akun|pulsa|murah|beli|kambing|ijazah|genset)\w*; obat kuat; pembesar; peninggi;
    pelangsing; pemutih; glowing; herbal; flash sale; open (?:order|reseller|bo); ready; grosir; obral;
    cuci gudang; pin bb; cod; reseller; dropship; katalog;
    (?:menerima|terima|jasa) (?:pesanan|pembuatan|pengetikan|sedot|jasa|service|servis|joki|skripsi|urus|titip)\w*;
    joki; harga (?:miring|murah|mulai|pabrik|bersahabat|tinggi|grosir)\w*; stok terbatas; unit terbatas;
    kuota terbatas; dijual (?:cepat|murah|rumah|tanah|mobil)\w*; termurah; pesan (?:sekarang|h); nego; bergaransi;
    garansi\w*; siap (?:antar|jemput|bantu); panggilan(?: 24 jam)?; 24 jam; dp 0; booking (?:sekarang|slot);
    angsuran; cicilan tersedia; premi; penawaran menarik; bersertifikat; second mulus; terima jadi; tanpa tes;
    kw\d; privasi aman; rahasia terjamin; minimal \d+; kirim seluruh \w+; bpom;
    agen (?:prudential|brilink|dicari)\w*; modal kecil; nomor cantik; vcs; open bo; bokep;
    cewek (?:cantik|panggilan)\w*; video viral; no sensor; pijat plus; vidio call; kesepian; janda (?:kaya|muda);
    cari suami; kenalan yuk; foto profilku; (?:service|rental|vendor) (?:ac|mobil|cctv);
    (?:travel umroh|tiket pesawat|les privat|kursus|catering) \w+; durasi \w+;
    murah (?:cepat|bergaransi|siap|paket|dan); \w+ murah; ready stock; follow(?:er|ers)?; viewers?; subscriber\w*;
    terpercaya;
    diskon; unlimited; kuota (?:murah|internet); olah data; siap huni; original; ori; tanpa efek samping; ampuh;
    dukun; bikin website;
    (?:follow|cek|kunjungi|mampir) (?:ig|akun|tiktok|bio|lapak|toko|shopee)\w*;
    pembuatan (?:website|web|aplikasi|toko)\w*;
    (?:terima|jasa|sewa) \w+ (?:lepas|murah|24|online|profesional)\w*; kredit (?:motor|mobil)\w*;
    (?:angsuran|cicilan) (?:ringan|flat|\d)\w*;
    melayani (?:pesanan|pembuatan|jasa|pengiriman|cetak|servis)\w*; menyediakan \w+; disewakan; over kredit; umro?a?h;
    haji plus; kavling;
    sewa (?:tenda|alat|mobil|motor|kos|sound|elf|bus)\w*; paket (?:hemat|murah|wisata|lengkap|usaha|data|tour)\w*;
    kemitraan; franchise;
    zodiak; ramalan; paranormal; kapal pesiar; asuransi jiwa; bibit unggul; hormon; cuci (?:sofa|kasur|karpet)\w*;
    kursus \w+; les privat; second (?:murah|mulus|like)\w*; strategis; sebarkan ke; sebar ke \d+; cashback; like new
    """
)
PRETENCES = any_of(
    r"""
    \S{0,60}\.apk; \w+ apk; mama .{0,40}pulsa; ma ini nomor baru\w*;
    (?:isikan|belikan|kirim(?:kan)?|transfer) (?:dulu )?(?:pulsa|uang|saldo|biaya|tiket|\d)\w*;
    (?:kirim|transfer) ke (?:rek|dana)\w*; (?:ke |konfirmasi )?rek(?:ening)? (?:bca|bri|ini|dokter|dan pin)\w*;
    pinjam uang; besok saya ganti; mama ganti; jangan telpon; ketik \w+ (?:kirim|spasi); kirim(?:kan)? kembali;
    kode otp\w*; verifikasi (?:data|akun)\w*; akan (?:diblokir|diputus|berbayar)\w*; tarif transaksi; m-?banking;
    akun anda; paket (?:anda|nya|luar negeri); lihat.paket; buka file; buka(?:lah)? (?:undangan|aplikasi)\w*;
    undangan (?:digital|pernikahan); install aplikasi; unduh aplikasi; surat tilang;
    isi (?:data|formulir|nik|survei|survey)\w*; aktivasi \w+ online; aktifkan \w+; atas nama anda;
    sebarkan pesan\w*; kena sial; bea cukai; bayar denda; transferan nyasar; kembalikan ke rekening;
    hubungi notaris; \w+ paket\W{0,3}apk; kode otp; nomor baru ?ku; nomor lama hilang; hp rusak; cek resi;
    ketik (?:reg|paket|klaim|daftar); reg spasi; temukan cintamu; sayang (?:kok|kamu|lagi|ku)\w*; kangen; bale?s chat;
    (?:unduh|download|buka|klik) file; file \w+\.apk; kirim(?:kan)? (?:kode|otp|pin)\w*; saya (?:kesepian|janda)
    """
)
#: Hardly anything but fraud or advertising has them: each is two marks more.
CERTAIN = any_of(
    r"""
    \S{0,60}\.apk; \w+ apk; slot (?:gacor|terpercaya|online); judi slot (?:terpercaya|online|resmi);
    situs (?:togel|slot|judi|poker)\w*; gacor;
    maxwin; followers? (?:murah|aktif|instagram|ig|tiktok)\w*; (?:ilmu|jasa) pelet; pelet ampuh; pesugihan;
    penggandaan uang; bocoran \w+; angka jitu;
    klaim (?:saldo|bonus|hadiah|dana)\w*; pemenang undian\w*; \d+ (?:jt|juta) jadi \d+; mama .{0,30}pulsa;
    pinjol (?:resmi|cepat|aman|cair);
    pinjaman (?:online|cepat|tanpa)\w*; ketik \w+ kirim; cek tunai; obat kuat (?:pria|herbal|cod|tahan)\w*;
    open (?:reseller|bo); vcs; ready stock; akun anda terpilih; nomor (?:hp )?anda (?:memenangkan|mendapat|terpilih)\w*
    """
)
#: "Click here, call us": together one mark, and alone it proves nothing.
CALLS = any_of(
    r"""
    klik\b.{0,40};
    (?:hub(?:ungi)?|chat|telp|info|konsultasi|order|kontak)\.? (?:wa|nomor|no|kami|cs|bpk|admin|hrd|sales|pemilik)\w*;
    info lengkap; wa\.me\S*; bit\.ly\S*; daftar (?:sekarang|link|dan klaim); www\.\S+; https?://\S+; t\.me\S*;
    s\.id/\S*; call ?/ ?wa; (?:join|gabung) (?:grup|channel)\w*; minat\w*; (?:link|tautan)\w*; telegram; japri;
    balas (?:ya|info); \[(?:nomor )?telepon\]; call center; ke nomor ini; order(?: sekarang| wa)?; hub; gas daftar;
    share ke; wa; dm; chat; inbox; di komentar
    """
)

REPORTS = any_of(
    r"""
    lapor\w*; melapor\w*; penipuan; tertipu; ditipu; menipu; (?:di|mem)?blokir (?:nomor|saja|situs|akun|aplikasi)\w*;
    (?:mohon|tolong|minta) (?:di)?blokir\w*; korban; mengadu\w*; meresahkan;
    mengaku; mengatasnamakan; modus; kena tipu; bodong; beredar; hati hati; waspada\w*;
    (?:palsu|dipalsukan)(?: mengatasnamakan)?;
    (?:mohon|tolong) (?:di)?tindak\w*; ilegal; meneror; diteror; marak; hoaks; hoax; apakah benar; benarkah
    """
)
#: Who tells of something says one of these: without any of them a single mark is enough.
TELLS = any_of(
    r"""
    tidak; tdk; n?gak?; ndak?; belum; blm; jangan; kapan; bagaimana; apa; kami; kita; tapi; malah; cuma; terus; lagi;
    sejak; sudah; sdh; udah;
    sampai; dulu; minta; usul; harus; perlu; supaya; agar; biar; buang; membuang; dipasang; pohon; sungai; selokan;
    ditertibkan; kurang; itu;
    di (?:depan|jalan|pasar|dekat|sekolah|rumah|kantor|desa|kampung)
    """
)
#: Words of complaints that an advertisement may have too.
CIVIC = any_of(
    "bansos; retribusi; pajak; dinas; warga; petugas; desa; jalan; jln; rusak; kelurahan; pemda; bupati; sekolah"
)

#: How citizens speak to an office; advertisements seldom do.
VOICE = any_of(
    r"""
    saya; sy; pak; bapak; bpk; bu; ibu; min; mohon; mhn; tabe; yth\W?; anak saya; warga; kemarin; padahal; pdhl;
    katanya;
    apa bisa; apakah; gimana; bagaimana; kenapa; diminta; disuruh; bayar
    """
)
