"""How a word that no dictionary holds is probably said: espeak-ng's own rules, written in ARPAbet.

espeak-ng can be set up once per process only, and here it is set up without a voice's sound: do not guess in a
process that also speaks.
"""

from __future__ import annotations

import ctypes
from functools import cache

from voice_skill.errors import ModelError

__all__ = ["arpabet_from_ipa", "guess"]

_ARPABET = {
    # two signs for one sound come first: the longest match wins
    **{"tʃ": "CH", "dʒ": "JH", "eɪ": "EY", "aɪ": "AY", "aʊ": "AW", "oʊ": "OW", "əʊ": "OW", "ɔɪ": "OY", "iː": "IY"},
    **{"uː": "UW", "ɑː": "AA", "ɔː": "AO", "ɜː": "ER", "əl": "AH L", "n̩": "AH N", "oː": "AO", "ɐ": "AH", "aa": "AE"},
    **{"ɚ": "ER", "ɝ": "ER", "ɪ": "IH", "i": "IY", "ʊ": "UH", "u": "UW", "ɛ": "EH", "e": "EH", "æ": "AE", "a": "AE"},
    **{"ʌ": "AH", "ə": "AH", "ɑ": "AA", "ɒ": "AA", "ɔ": "AO", "o": "OW", "ᵻ": "IH", "θ": "TH", "ð": "DH", "ʃ": "SH"},
    **{"ʒ": "ZH", "ŋ": "NG", "ɹ": "R", "r": "R", "j": "Y", "ɾ": "T", "ʔ": "T", "ɡ": "G", "g": "G", "x": "K"},
    **{sign: sign.upper() for sign in "pbtdkfvszmnlw"},
    "h": "HH",
}
_SILENT = set("ˈˌː‍ _-|'\u200d\u0329")
_RECORDED_ELSEWHERE = 2  # espeak's AUDIO_OUTPUT_SYNCHRONOUS: nothing is played
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_IPA = 2


def guess(word: str) -> tuple[str, ...]:
    """The word's sounds by espeak-ng's rules for American English; empty if it says nothing.

    Raises `ModelError` if espeak-ng cannot be loaded.
    """
    library = _espeak()
    text = ctypes.c_char_p(word.encode())
    pointer = ctypes.cast(ctypes.pointer(text), ctypes.POINTER(ctypes.c_void_p))
    spoken = library.espeak_TextToPhonemes(pointer, _UTF8, _IPA)
    return arpabet_from_ipa(spoken.decode("utf-8", "ignore") if spoken else "")


def arpabet_from_ipa(ipa: str) -> tuple[str, ...]:
    """ARPAbet for espeak-ng's IPA, without stress. Empty if any sign is not an English sound.

    >>> arpabet_from_ipa("hˈæmstɹɪŋ")
    ('HH', 'AE', 'M', 'S', 'T', 'R', 'IH', 'NG')
    """
    sounds: list[str] = []
    place = 0
    while place < len(ipa):
        for length in (2, 1):
            if sound := _ARPABET.get(ipa[place : place + length]):
                sounds += sound.split()
                place += length
                break
        else:
            if ipa[place] not in _SILENT:
                return ()
            place += 1
    return tuple(sounds)


@cache
def _espeak() -> ctypes.CDLL:
    try:
        import espeakng_loader

        library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path()
    except (ImportError, OSError) as error:
        raise ModelError(f"espeak-ng cannot be loaded: {error}", "pip install espeakng-loader") from error
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    if library.espeak_Initialize(_RECORDED_ELSEWHERE, 0, str(data).encode(), _DO_NOT_EXIT) < 0:
        raise ModelError(
            f"espeak-ng does not start with the data in {data}", "pip install --force-reinstall espeakng-loader"
        )
    if library.espeak_SetVoiceByName(b"en-us"):
        raise ModelError("espeak-ng has no American English voice", "pip install --force-reinstall espeakng-loader")
    return library
