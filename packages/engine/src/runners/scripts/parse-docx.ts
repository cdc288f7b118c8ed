/**
 * Reads a DOCX inside the sandbox, with nothing but Python's standard library, and takes every entry for hostile: the archive is
 * measured before anything is unpacked, nothing is written to disk, XML with a document type or entities is refused.
 * Arguments: the file, and how many characters of text to give at most. Prints one line of JSON.
 */
export const parseDocxScript = String.raw`
import json, sys, zipfile, zlib
import xml.etree.ElementTree as ElementTree

MAX_ENTRIES = 5000
MAX_ENTRY = 64 * 1024 * 1024
MAX_TOTAL = 256 * 1024 * 1024
MAX_RATIO = 200
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DC = "{http://purl.org/dc/elements/1.1/}"
APP = "{http://schemas.openxmlformats.org/officeDocument/2006/extended-properties}"

class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code

def answer(value):
    json.dump(value, sys.stdout)
    sys.exit(0)

def read(archive, name):
    """One entry, never more of it than it may have, whatever the directory of the archive claims."""
    with archive.open(name) as entry:
        data = entry.read(MAX_ENTRY + 1)
    if len(data) > MAX_ENTRY:
        raise Refused("archive-bomb", name + " unpacks to more than " + str(MAX_ENTRY) + " bytes")
    return data

def parse(data, name):
    head = data[:4096] if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data
    if b"\x00" in head or b"<!" in data and (b"<!DOCTYPE" in data or b"<!ENTITY" in data):
        raise Refused("hostile-xml", name + " declares a document type or is not UTF-8")
    return ElementTree.fromstring(data)

def check(archive, warnings):
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive-bomb", "the archive has " + str(len(entries)) + " entries")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    if total > MAX_TOTAL or (total > MAX_ENTRY and total / packed > MAX_RATIO):
        raise Refused("archive-bomb", "the archive unpacks to " + str(total) + " bytes")
    for entry in entries:
        if entry.file_size > MAX_ENTRY or (entry.file_size > 1024 * 1024 and entry.file_size / (entry.compress_size or 1) > MAX_RATIO):
            raise Refused("archive-bomb", entry.filename[:80] + " unpacks to " + str(entry.file_size) + " bytes")
        lower = entry.filename.lower()
        if "vbaproject" in lower:
            warnings.append("contains macros, which were not run")
        if "/embeddings/" in lower or "/activex/" in lower:
            warnings.append("contains an embedded object, which was not opened")

def text_of(root, limit):
    parts, size = [], 0
    for node in root.iter():
        piece = ""
        if node.tag == W + "t":
            piece = node.text or ""
        elif node.tag == W + "tab":
            piece = "\t"
        elif node.tag in (W + "br", W + "cr"):
            piece = "\n"
        elif node.tag == W + "p" and parts:
            piece = "\n"
        if piece:
            parts.append(piece)
            size += len(piece)
            if size > limit:
                break
    whole = "".join(parts).strip()
    return whole[:limit], size > limit

def optional(archive, name, warnings):
    try:
        return parse(read(archive, name), name)
    except KeyError:
        return None
    except ElementTree.ParseError:
        warnings.append(name + " is damaged")
        return None

def main(path, limit):
    warnings = []
    try:
        with zipfile.ZipFile(path) as archive:
            check(archive, warnings)
            root = parse(read(archive, "word/document.xml"), "word/document.xml")
            text, cut = text_of(root, limit)
            core = optional(archive, "docProps/core.xml", warnings)
            app = optional(archive, "docProps/app.xml", warnings)
    except Refused as error:
        answer({"error": {"code": error.code, "message": str(error)[:300]}})
    except KeyError:
        answer({"error": {"code": "not-a-document", "message": "the archive has no word/document.xml"}})
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        answer({"error": {"code": "damaged", "message": str(error)[:300]}})
    if cut:
        warnings.append("the text is longer than what is kept")
    find = lambda tree, tag: None if tree is None else tree.findtext(tag)
    pages = find(app, APP + "Pages")
    answer({
        "title": (find(core, DC + "title") or "")[:500] or None,
        "author": (find(core, DC + "creator") or "")[:500] or None,
        "pages": int(pages) if pages is not None and pages.isdigit() and len(pages) < 7 else None,
        "text": text,
        "warnings": list(dict.fromkeys(warnings))[:20],
    })

main(sys.argv[1], int(sys.argv[2]))
`
