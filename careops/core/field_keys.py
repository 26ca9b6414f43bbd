"""The keys that seal stored secrets, as FIELD_ENCRYPTION_KEYS writes them. Settings use it, so it reads none."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from cryptography.fernet import Fernet

PASSPHRASE_LENGTH = 32


def new_key() -> str:
    """A fresh random key of 32 bytes, in urlsafe base64."""
    return Fernet.generate_key().decode()


def raw_key(entry: str) -> bytes:
    """The 32 bytes of one entry: a key in urlsafe base64, or derived from a passphrase. Raises ValueError."""
    try:
        key = urlsafe_b64decode(entry)
    except (NotBase64, ValueError):
        key = b""
    if len(key) == 32 and urlsafe_b64encode(key).decode() == entry:
        return key
    if len(entry) < PASSPHRASE_LENGTH:
        raise ValueError
    # The salt is fixed because every process must derive the same key from the setting alone.
    return hashlib.scrypt(entry.encode(), salt=b"careops field encryption", n=2**14, r=8, p=1, dklen=32)
