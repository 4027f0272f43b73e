"""A hint in which language a text is, for the choice of its reader: a list of sure words, not a detector."""

from __future__ import annotations

import re

from kabupaten.spelling import WORD

#: The share of a language's words that decides for it; Indonesian words surround local ones in most messages.
LOCAL_SHARE, OTHER_SHARE = 0.15, 0.3
#: In a text of at most so many words a single sure one decides.
FEW = 5
#: Letters that no Latin keyboard has, and runs of keys and of consonants that no word has.
_STRANGE = re.compile(r"[^\W\d_a-z\u00c0-\u024f]")
_NONSENSE = re.compile(
    r"(?=[a-z]{4})(?:\w*(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwer|wert|zxcv|xcvb)\w*|[b-df-hj-np-tv-xz]{5,})"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUGIS = _words(
    """
    engka degaga de'gaga dena de' depa de aja' ri sibawa nasaba narekko rekko ko'e makkada makkeda makkedai iyaro
    iyatu iyae iyana iya'e idi' idi iko alena ladde maega maja' meja' masija' malinta' mabela macawe' maloppo loppo
    baiccu' matoa malolo makessing madeceng masolang masara macai madodong masoli masempo marola maddeppa mabbau
    macarepa roppo bosi lempe' lempe salo saloe wae uwae api bola bolae bolaku laleng lalenge lalengnge galung
    galungnge pasa pasae kampong kampongku dui' dui doi' esso wenni siminggu tellu dua'e eppa lima'e metta
    makkokkoe baja denre labe' pura pole pole'e lao laoka lettu jokka najokka tudang tinro manre mandre minung
    cemme mala mala'i mita uita naita tulung tulungnga tulu'ka jampangi aga agana magi magani pekkoga pekku siaga
    siaga'e niga kega tega maneng maneng'e tau tauwe tau'e ana' ana'ku ambo' indo' indo'ku nene'ku to taniya tania
    weddi wedding naulle ulle elo elo'ka melo melli ellinna molo paimeng mopa topa lalo marebba cappu cappu'ni
    kasiasi pettang kape' malasa peddi' peddi babua marakko onrong riolo ri'e rilaleng monri riase riawa tongeng
    majeppu jama jamang pallaonruma na'e mappakoe matteru massing nyawa mate e na wija tomatoa makkunrai burane
    """
)

#: One of these decides in a short text; "wae", "tau" and "mate" are not here because other languages have them too.
SURELY_BUGIS = _words(
    """
    engka degaga de'gaga dena ladde maega masolang masara pettang lalenge lalengnge lempe roppo bolaku magani
    naulle marakko magi pekkoga macai makessing madeceng masoli kampongku malasa mompo iyaro makkokkoe maneng
    narekko nasaba
    """
)

#: Languages that nobody here is asked to read: Sundanese, French, Spanish, Portuguese, Dutch, German.
FOREIGN = _words(
    """
    teu acan tos pisan punten abdi kuring lembur cai paeh ngocor kamari kumaha naha atuh mah aya henteu nuhun
    sareng bonjour la le les est une des dans pas je vous rue maison depuis merci cassee devant semaine el los las
    agua casa hace dias por favor calle mi una no llega esta nao uma rua muito het een niet straat deze der die das
    und ist nicht seit strasse
    """
)

MAKASSAR = _words(
    """
    tena tenamo tanre niaka niak inakke kau katte ikatte iangku kontu antekamma apantu apa'na anne anjo antu battu
    mange naung nai sallo ballak ballaka je'ne jekne jeknek bosi'i agang oloko kalassukang sarro lompo lompona
    ca'di tau'ai paccce pacce nakana kana mae rigaring pappalak garring panraki punna lanri assami
    """
)

JAVA = _words(
    """
    ora ana wis durung iki iku kuwi opo piye kepriye kok sing karo saka menyang nang ning dalan banyu omah wong
    akeh rusak'e dandani kulo kula mboten panjenengan sampun dereng niki niku ingkang kaliyan nopo pripun matur
    nuwun ndalan dalane udan mati'ne isih gak'ono ono nggih meniko kabeh lampune banyune mati'ne rusake bolong'e
    tulung nyuwun mugi
    """
)

ENGLISH = _words(
    """
    the is are was not and please road broken water our my we you they there have has this that with for from since
    help fix street light of been very government when how where
    """
)

INDONESIAN = _words(
    """
    yang di dan tidak ada sudah belum saya kami mohon tolong dari ke ini itu untuk dengan karena pak bu jalan rumah
    air lampu desa bisa mau kalau juga lagi sampai warga sekali banyak terima kasih apa kapan bagaimana selalu
    masih pada ya tdk sdh yg dgn krn utk blm sy
    """
)
LISTS = {"bug": BUGIS, "mak": MAKASSAR, "jv": JAVA, "en": ENGLISH, "other": FOREIGN}
LOCAL = ("bug", "mak")


def language_of(text: str) -> str:
    """Return a hint for the choice of a reader: id, bug, mak, jv, en or other. ``text`` is ``plain``."""
    tokens = WORD.findall(text)
    strange = sum(bool(_STRANGE.search(token) or _NONSENSE.fullmatch(token)) for token in tokens)
    if 2 * strange >= len(tokens):
        return "other"
    found = {
        name: sum(token in words or token.strip("'") in words for token in tokens) for name, words in LISTS.items()
    }
    best = max(found, key=lambda name: found[name])
    known = sum(token in INDONESIAN for token in tokens)
    needed = LOCAL_SHARE if best in LOCAL else OTHER_SHARE
    if found[best] >= 2 and found[best] / len(tokens) >= needed and (best in LOCAL or found[best] >= known):
        return best
    return "bug" if len(tokens) <= FEW and not SURELY_BUGIS.isdisjoint(tokens) else "id"
