"""The document for people: one page of HTML with nothing from outside, readable on a phone and without a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from functions.openapi import words

CONTENT_TYPE = "text/html; charset=utf-8"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
STYLE = """
:root{color-scheme:light dark;--paper:#fff;--card:#f5f6f8;--ink:#1c2024;--soft:#565e68;--rule:#d5d9de;--link:#0065a0}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1e2226;--ink:#e8eaed;--soft:#a9b1ba;--rule:#3a4047;
--link:#5bb8ef}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;max-width:52rem;margin:0 auto;padding:1rem;
background:var(--paper);color:var(--ink);overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.25rem;margin:2.5rem 0 .5rem;padding-top:1rem;
border-top:1px solid var(--rule)}h3{font-size:1rem;margin:1.5rem 0 .25rem}a{color:var(--link)}
code,pre{font:.875em/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{background:var(--card);border-radius:.5rem;padding:.75rem;overflow-x:auto;overflow-wrap:normal}
dt{margin-top:.6rem}dt b{font-size:.8rem;font-weight:600;color:var(--soft)}dd{margin:0 0 0 1rem;color:var(--soft)}
dd p{margin:0}summary{cursor:pointer;padding:.4rem 0}nav ul,ul{padding-left:1.2rem}
"""


def html(document: dict[str, Any]) -> str:
    return "\n".join(_page(document)) + "\n"


def _page(document: dict[str, Any]) -> Iterator[str]:
    info, components = document["info"], document["components"]
    title = escape(info["title"])
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    yield f"<header><h1>{title}</h1><p>{escape(info['description'])}</p></header>"
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    links = "".join(f"<li>{_link(*operation)}: {escape(operation[2]['summary'])}</li>" for operation in operations)
    yield f"<nav><ul>{links}</ul></nav>\n<main>"
    for operation in operations:
        yield from _operation(*operation, components["responses"])
    yield "<h2>Forms</h2>"
    for name, form in components["schemas"].items():
        yield f'<section id="{escape(name)}"><h3>{escape(name)}</h3>{words.fields(form)}</section>'
    yield "</main>\n</body>\n</html>"


def _link(method: str, path: str, operation: dict[str, Any]) -> str:
    return f'<a href="#{escape(operation["operationId"])}">{words.code(f"{method.upper()} {path}")}</a>'


def _operation(method: str, path: str, operation: dict[str, Any], refusals: dict[str, Any]) -> Iterator[str]:
    yield f'<section id="{escape(operation["operationId"])}"><h2>{words.code(f"{method.upper()} {path}")}</h2>'
    key = "" if "security" not in operation else " It needs no key."
    yield f"<p>{escape(operation['summary'])}. {escape(operation['description'])}{key}</p>"
    for parameter in operation.get("parameters", ()):
        yield f"<p>{words.code(parameter['name'])} in the path: {words.rules(parameter['schema'])}</p>"
    if "requestBody" in operation:
        yield from _body("Request", operation["requestBody"]["content"])
    success, *others = operation["responses"].items()
    yield from _body(f"Answer {success[0]}: {success[1]['description']}", success[1]["content"])
    yield f"<h3>Other answers</h3><ul>{''.join(_refusal(status, answer, refusals) for status, answer in others)}</ul>"
    yield "</section>"


def _body(title: str, content: dict[str, Any]) -> Iterator[str]:
    for kind, media in content.items():
        yield f"<h3>{escape(title)}</h3><p>{escape(kind)}: {words.rules(media['schema'])}</p>"
        for example in media.get("examples", {}).values():
            shown = escape(json.dumps(example["value"], indent=1, ensure_ascii=False))
            yield f"<details><summary>Example</summary><pre>{shown}</pre></details>"


def _refusal(status: str, answer: dict[str, Any], refusals: dict[str, Any]) -> str:
    found = refusals[answer["$ref"].rpartition("/")[2]]
    (media,) = found["content"].values()
    codes = media["schema"]["properties"]["error"]["properties"]["code"]["enum"]
    return f"<li>{escape(status)} ({', '.join(map(words.code, codes))}): {escape(found['description'])}</li>"
