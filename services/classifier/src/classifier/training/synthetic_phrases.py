"""Phrases that citizens write around a complaint: openings, places, closings, asides. Data for ``augment``."""

from __future__ import annotations


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(";"))


OPENINGS = ("",) * 3 + _phrases(
    """
    assalamualaikum; selamat pagi; selamat siang pak; selamat malam min; yth bapak bupati; tabe pak;
    kepada yth dinas terkait; halo admin; mohon maaf mengganggu; lapor; soppeng; lapor pak;
    mohon bantuannya; kami warga ingin menyampaikan; saya ingin melaporkan; izin melapor; tolong pak;
    dengan hormat; tabe di; saya mau mengadukan; saya warga di sini mau tanya; mohon perhatian pemerintah;
    permisi; ass wr wb; melalui laporan ini saya menyampaikan; saya mewakili warga;
    pak bupati yang terhormat; info; mohon informasi; bapak ibu yang saya hormati;
    sehubungan dengan keluhan masyarakat; perkenalkan nama saya
    """
)
CLOSINGS = ("",) * 3 + _phrases(
    """
    terima kasih; mohon segera ditindaklanjuti; tolong segera; mohon perhatiannya; wassalam;
    sudah lama begini; kami menunggu tindakan nyata; mohon solusinya; makasih; kasihan warga; kodong;
    sudah berkali kali dilaporkan tapi tidak ada tindakan; semoga cepat ditanggapi;
    atas perhatian bapak kami ucapkan terima kasih; mohon dinas terkait turun ke lokasi;
    tolong dicek langsung ke lapangan; sampai sekarang belum ada perubahan; foto terlampir;
    demikian laporan kami; tabe di pak; mohon penjelasannya; bagaimana ini pak; kejadiannya kemarin sore;
    sangat meresahkan dan merugikan masyarakat; kami sangat kecewa; jangan cuma janji;
    kapan ada tindakan dari pemerintah; mohon dibantu pak; harap dicek kembali; mohon arahan dan jawabannya
    """
)
#: Phrases of complaints of every kind: they teach which words decide nothing.
FILLERS = _phrases(
    """
    rumah saya di jalan pemuda nomor dua belas rt tiga rw satu;
    lokasi di samping masjid dekat pertigaan jalan;
    sudah saya sampaikan ke pak rt dan pak lurah tapi tidak ada jawaban;
    saya sudah lapor ke kelurahan dan kecamatan; warga sekitar sangat terganggu;
    kami sebagai masyarakat kecil hanya bisa berharap; lokasinya di depan sekolah;
    kejadian ini sudah berlangsung beberapa bulan; sudah pernah lapor lewat aplikasi ini tahun lalu;
    alamat rt lima rw dua kelurahan lingkungan tengah; di depan pasar dekat kantor desa;
    di belakang rumah sakit; mohon petugas datang ke alamat kami; saya tinggal di perumahan blok c;
    saya sudah telepon ke kantor tapi tidak diangkat; anak anak dan orang tua ikut merasakan akibatnya;
    padahal kami selalu bayar pajak; tidak ada tanggapan dari pihak terkait;
    nama saya budi umur empat puluh tahun pekerjaan wiraswasta;
    di dekat jembatan sebelah kiri jalan arah kota; kami mohon kepada bapak kepala dinas untuk mengecek;
    bersama ini saya lampirkan foto; setiap hari seperti itu;
    laporan sebelumnya dinyatakan selesai padahal belum; seperti tahun lalu tidak ada perubahan;
    tetangga juga mengeluh; kata petugas disuruh tunggu; dari pagi sampai malam;
    sejak tanggal satu bulan ini; kondisinya semakin parah; di jalan sultan hasanuddin gang dua;
    samping kantor camat; di kampung kami; di dusun kami desa sebelah;
    saya coba hubungi nomor yang ada tetapi tidak aktif;
    kami harap pemerintah kabupaten mendengar suara rakyat; dekat sawah dan kebun warga;
    tepatnya di depan toko; mohon identitas saya dirahasiakan; di seberang lapangan;
    apakah benar aturannya begitu; bagaimana prosedurnya dan ke mana saya harus mengadu;
    apa solusinya dari dinas; saya seorang ibu rumah tangga; suami saya kerja di luar kota;
    bapak saya sudah tua; kami pendatang baru di sini; waktu itu saya datang ke kantor dinas bersama anak;
    mohon tindakan tegas kepada yang bersangkutan; rt rw setempat; hari senin sampai jumat;
    tolong jangan diabaikan karena ini menyangkut kepentingan orang banyak; kecamatan kami;
    beberapa warga sudah tanda tangan; sebelumnya tidak pernah seperti ini; baru baru ini terjadi lagi;
    apakah memang seperti itu prosedurnya; saya sangat menyayangkan kejadian ini; kami mohon keadilan;
    demi kenyamanan bersama; pengaduan ini saya buat dengan sebenarnya; nomor telepon saya bisa dihubungi;
    mohon dijawab secepatnya; sudah beberapa kali saya tanyakan; katanya akan ditindaklanjuti tapi nihil;
    saya warga asli kabupaten ini; kejadian tadi pagi jam tujuh; pada hari rabu kemarin;
    di samping gereja dan sekolah dasar; di gang sempit dekat mushola; di pinggir jalan raya provinsi;
    jalan ahmad yani; jalan pahlawan nomor tiga; jalan merdeka; kompleks perumahan;
    kelurahan dan kecamatan setempat; mohon pemerintah kota dan kabupaten;
    banyak warga yang mengeluhkan hal yang sama; saya ingin menanyakan kelanjutan laporan saya;
    sampai berapa lama kami harus menunggu; tolong dicarikan jalan keluar; jangan hanya diam;
    tidak ada perhatian dari pemerintah; bapak walikota dan gubernur; bapak presiden; kami rakyat kecil;
    suami dan anak saya; istri saya yang mengurus; tetangga saya; ibu saya; keluarga kami;
    umur saya tiga puluh tahun; untuk kepentingan umum; pengguna jalan yang lewat; di tempat kerja saya;
    pada malam hari; musim hujan; tahun dua ribu dua puluh; sejak pandemi;
    petugas yang datang tidak memberi penjelasan; pihak terkait saling lempar tanggung jawab;
    harus lapor ke mana lagi; apa dasar hukumnya; sesuai peraturan yang berlaku;
    mohon ditertibkan dan diberi sanksi; mohon dibantu prosesnya; ditunggu kabarnya; mohon kebijaksanaannya;
    kondisi di lapangan sangat memprihatinkan; terjadi setiap tahun; dekat perempatan lampu merah;
    depan warung makan; sebelah bengkel; arah terminal; pintu masuk perumahan
    """
)
#: Sentences with gaps for places, people told and writers. Their nouns belong to other categories on purpose.
ASIDES = _phrases(
    """
    lokasi {near} {spot}; {near} {spot}; {near} {spot} {near} {spot}; tepatnya {near} {spot}; di {street};
    alamat {street} rt {number} rw {number}; {street} {near} {spot};
    rt {number} rw {number} kelurahan {spot}; di {street} {spot} sampai {spot}; dari {spot} menuju {spot};
    saya {told} {whom} {but}; {told} {whom}; {but}; sudah {told} {whom} {when} {but};
    kami warga {told} {whom}; nama saya {name} {work}; saya {work} di {spot}; {when}; sejak {when};
    {when} {but}; mohon {whom} {act}; kepada {whom} {act}; tolong {act}; yth {whom}; bapak ibu {whom} {act};
    saya {name} {street}; laporan nomor sekian {when} {but}; kami {work} {but}; apakah {whom} bisa {act};
    kata {whom} {when}; pihak {whom} {but}; {whom} {but}; demi warga {spot} {act}
    """
)
GAPS = {
    "near": _phrases(
        """
        dekat; di depan; di belakang; di samping; sebelah; seberang; sekitar; arah; di area; persis di muka
        """
    ),
    "spot": _phrases(
        """
        pasar; pasar sentral; sekolah; sd; smp; sma; tk; puskesmas; rumah sakit; jembatan; kantor desa;
        kantor lurah; kantor camat; kantor bupati; perumahan; kompleks; masjid; gereja; mushola; terminal;
        lapangan; lampu merah; simpang tiga; perempatan; pertigaan; sungai; sawah; kebun; toko; warung;
        swalayan; bank; kampus; pabrik; kuburan; pos ronda; gang; lorong; taman kota; pom bensin; bengkel;
        balai desa; polsek; kantor pos; hotel; kafe; dusun sebelah; kampung tengah; alun alun;
        gardu listrik; menara; jalan raya; tanjakan; kali; danau
        """
    ),
    "street": _phrases(
        """
        jalan ahmad yani; jalan merdeka; jalan pemuda; jalan pahlawan; jalan kartini; jalan diponegoro;
        jalan sudirman; jalan melati; jalan mawar nomor {number}; jalan poros; gang {number};
        lorong {number}; jalan kemakmuran; jalan pasar; jalan masjid raya; jalan sultan hasanuddin;
        blok {name}; btn lama; perumnas; jalan lingkungan
        """
    ),
    "number": _phrases("satu; dua; tiga; empat; lima; tujuh; dua belas; sekian"),
    "name": _phrases("andi; budi; siti; rahman; fatimah; ahmad; hasan; nur; sri; ibu ani; pak amir; baso; besse; joko"),
    "work": _phrases(
        """
        petani; pedagang; guru; karyawan; ibu rumah tangga; mahasiswa; pensiunan; sopir; nelayan;
        wiraswasta; warga biasa; pelajar; pegawai; buruh; ketua rt; pendatang; janda; pelanggan;
        pengguna jalan; orang tua siswa
        """
    ),
    "told": _phrases(
        """
        lapor ke; melapor ke; mengadu ke; menelepon; datang ke; menghadap; bertanya ke; mengirim surat ke;
        menghubungi; mengirim pesan ke; menyampaikan ke; konfirmasi ke
        """
    ),
    "whom": _phrases(
        """
        pak rt; ketua rw; lurah; kepala desa; camat; dinas terkait; kantor kelurahan; bupati; walikota;
        gubernur; pemda; petugas; polisi; satpol pp; admin; call center; kantor dinas; dprd; kepala dinas;
        pemerintah; pemerintah daerah; aparat setempat; pihak kecamatan; bapak presiden; kementerian;
        babinsa; instansi terkait; dinas sosial; dinas pu
        """
    ),
    "but": _phrases(
        """
        tapi tidak ditanggapi; belum ada jawaban; katanya tunggu; cuma janji; tidak ada tindakan;
        malah disuruh ke tempat lain; sampai sekarang nihil; hanya dibaca; tidak pernah datang;
        dibiarkan saja; laporan ditutup; saling lempar; diabaikan; alasannya macam macam; tidak ada solusi;
        sangat mengecewakan; merugikan kami; kami tidak tahu harus bagaimana
        """
    ),
    "when": _phrases(
        """
        kemarin; tadi pagi; tadi malam; minggu lalu; bulan lalu; tahun lalu; sejak lama; setiap hari;
        hari senin; hari jumat; bulan januari; bulan puasa; menjelang lebaran; dua tahun terakhir;
        jam delapan; sore hari; waktu subuh; sudah sebulan; bertahun tahun; musim hujan; musim kemarau;
        masa pandemi; setelah lebaran; sejak pemilu; tanggal sepuluh
        """
    ),
    "act": _phrases(
        """
        segera turun tangan; mengecek ke lokasi; menindaklanjuti; memberi penjelasan; memberi solusi;
        ditertibkan; diperhatikan; diperiksa; membantu kami; menegur; memberi sanksi;
        dicarikan jalan keluar; diperbaiki; dijelaskan; disampaikan; dikoordinasikan; dipercepat;
        dievaluasi; membuka mata; merespon
        """
    ),
}
PREPOSITIONS = ("di", "di desa", "di kelurahan", "di kec", "kampung", "ri", "daerah", "di jalan", "dusun", "di sekitar")
