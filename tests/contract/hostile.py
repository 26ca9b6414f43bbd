"""What nobody should send: bodies, values, query strings and headers that have broken servers before."""

import gzip
import json
from typing import Any

DEEP = "[" * 100_000 + "]" * 100_000
LONG = "a" * 900_000
NESTED: Any = "x"
for _ in range(28):
    NESTED = [NESTED]

# Refused whatever the operation: (what it is, the body, its content type, the codes it may have).
BODIES: list[tuple[str, bytes, str, set[int]]] = [
    ("NUL", b'{"name": "a\\u0000b"}', "application/json", {400}),
    ("NUL in a name", b'{"na\\u0000me": "a"}', "application/json", {400}),
    ("lone surrogate", b'{"name": "a\\ud800b"}', "application/json", {400}),
    ("invalid UTF-8", b'{"name": "\xff\xfe"}', "application/json", {400}),
    ("NaN", b'{"name": NaN}', "application/json", {400}),
    ("infinity", b'{"name": -Infinity}', "application/json", {400}),
    ("too large a float", b'{"name": 1e400}', "application/json", {400}),
    ("5000 digits", b'{"name": ' + b"9" * 5000 + b"}", "application/json", {400}),
    ("deep", ('{"name": ' + DEEP + "}").encode(), "application/json", {400}),
    ("deep and not closed", b'{"name": ' + b"[" * 100_000, "application/json", {400}),
    ("a name twice", b'{"role": "client", "role": "admin"}', "application/json", {400}),
    ("an array", b"[1, 2]", "application/json", {400}),
    ("null", b"null", "application/json", {400}),
    ("a text", b'"hello"', "application/json", {400}),
    ("cut off", b'{"name": "Gra', "application/json", {400}),
    ("too much", b'{"name": "' + b"a" * 1_100_000 + b'"}', "application/json", {413}),
    ("XML", b"<name>Grace</name>", "application/xml", {415}),
    ("a form", b"name=Grace", "application/x-www-form-urlencoded", {415}),
    ("a file", b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", {415}),
    ("no type that exists", b"{}", ";;;", {415}),
]
PACKED = gzip.compress(json.dumps({"name": "a" * 1_000_000}).encode())

# Put in the place of each field, one at a time: the operation may take them or refuse them.
VALUES: list[Any] = [
    "a" * 6000, "\u202eevil\u2066", "🦀\ufeff\u200b", "'; DROP TABLE users; --", "{{ settings.SECRET_KEY }}",
    "a\r\nBcc: grace@example.com", "-1", "1e5", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
    10**18, -(10**18), 0, -1, 1.5, True, None, "", " ", [], {}, [None], [[]], {"a": {}}, NESTED,
]  # fmt: skip

# Those of them that may get as far as the database.
STORABLE = [value for value in VALUES if isinstance(value, str | int) and not isinstance(value, bool)]

# Put in the place of each query parameter, percent-encoded already.
QUERY_VALUES = [
    "", "%00", "%FF%FE", "%ED%A0%80", "%F0%9F%A6%80", "%2", "-1", "1e400", "9" * 30, "a" * 4000,
    "%27%20OR%201%3D1%20--", "%5B%5D", ",,,", "--id", "2026-13-45", "0001-01-01",
    "9999-12-31T23:59:59-12:00", "%22%20%26%20%7C%20%21%20%28%5C%25",
]  # fmt: skip

PARTS = ["0", "-1", "9" * 30, "abc", "1.0", "%00", "%FF", "1%27", "%E2%82%AC", "..", "%2F", "1;id=2"]

HEADERS: list[dict[str, str]] = [
    {"HTTP_IF_MATCH": '"'},
    {"HTTP_IF_MATCH": "W/*,,,"},
    {"HTTP_IF_NONE_MATCH": '"' + "a" * 4000},
    {"HTTP_IDEMPOTENCY_KEY": "k" * 4000},
    {"HTTP_IDEMPOTENCY_KEY": "\x7f\xe9"},
    {"HTTP_X_REQUEST_ID": "<script>"},
    {"HTTP_ACCEPT": "text/html"},
    {"HTTP_ACCEPT": ";;;"},
    {"HTTP_ACCEPT_LANGUAGE": "x" * 4000},
    {"HTTP_COOKIE": "sessionid=\xff; csrftoken=;;;="},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_X_FORWARDED_FOR": "not an address, \xff"},
]
