"""Checks the proofs of a resolution: they become links on a page that citizens trust. Pure."""

from __future__ import annotations

import re

from contracts.events import Evidence
from contracts.links import host_of, listed
from contracts.masking import mask
from router.masked import brief
from router.refusal import Refusal
from router.rules import Rules

MOST = 10
MAX_BYTES = 100_000_000
MAX_URL = 1_000
TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "video/mp4", "application/pdf")
#: The desk's name for a photo: only letters, so that it can't contain anybody's number.
_OF_THE_DESK = "[a-z]{26}"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def bad_evidence(rules: Rules, evidence: list[Evidence]) -> Refusal | None:
    """Say why ``evidence`` can't be published: the number of the first wrong proof, and the remedy; None if it can."""
    if len(evidence) > MOST:
        return Refusal("bad_evidence", f"{len(evidence)} bukti, paling banyak {MOST}; kirim yang paling jelas")
    for n, each in enumerate(evidence, 1):
        if wrong := _wrong(rules, each):
            return Refusal("bad_evidence", f"bukti ke-{n}: {wrong}")
    return None


def _wrong(rules: Rules, proof: Evidence) -> str | None:
    if rules.desk_photos and re.fullmatch(f"{re.escape(rules.desk_photos)}{_OF_THE_DESK}", proof.url):
        return _wrong_file(proof)
    host = host_of(proof.url) if proof.url[:6].lower() == "https:" and len(proof.url) <= MAX_URL else None
    if host is None:
        return (
            f"alamatnya harus https, paling panjang {MAX_URL} huruf, tanpa nama pengguna, port, spasi atau huruf "
            "tersembunyi; salin alamat berkasnya dari peramban"
        )
    if not listed(host, rules.evidence_hosts):
        there = ", ".join(f"*{each}" if each.startswith(".") else each for each in rules.evidence_hosts) or "belum ada"
        return f"{brief(host)} bukan tempat bukti; yang ada: {there}. Tempat lain dicatat oleh {rules.admin}"
    if mask(proof.url) != proof.url:
        return "alamatnya memuat nomor pribadi; beri berkasnya nama lain"
    return _wrong_file(proof)


def _wrong_file(proof: Evidence) -> str | None:
    if proof.media_type not in TYPES:
        return f"jenis berkasnya tidak diterima; kirim salah satu dari {', '.join(TYPES)}"
    if not _SHA256.fullmatch(proof.sha256):
        return "sha256 harus 64 angka heksadesimal, dihitung dari isi berkasnya"
    if not 0 < proof.bytes <= MAX_BYTES:
        return f"ukuran {proof.bytes} byte; harus lebih dari 0 dan paling besar {MAX_BYTES // 1_000_000} MB"
    return None
