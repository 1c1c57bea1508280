"""What reading CLIXML costs, by objects in a second of CPU, against pypsrp's own reader on the same bytes in the same run."""

import subprocess
import struct

from report import HERE, not_run, say

PYTHON = HERE / ".venv/bin/python"
PROGRAM = HERE / ".build/release/usher-decode"

PEER = """
import struct, sys, time
from pypsrp.serializer import Serializer
data = open(sys.argv[1], "rb").read()
texts, place = [], 0
while place < len(data):
    size = struct.unpack(">I", data[place:place + 4])[0]
    texts.append(data[place + 4:place + 4 + size].decode())
    place += 4 + size
serializer = Serializer()
begun = time.process_time()
for text in texts:
    value = serializer.deserialize(text)
# What it does not understand it gives back as it came.
assert not text.startswith("<Obj") or not isinstance(value, str)
print(len(texts), time.process_time() - begun)
"""


def row(number):
    return (
        '<Obj RefId="0"><TN RefId="0"><T>Deserialized.Row</T><T>Deserialized.System.Object</T></TN>'
        f"<ToString>row {number}</ToString><Props><I32 N=\"Index\">{number}</I32><S N=\"Name\">row {number}</S>"
        f'<G N="Id">00000000-0000-0000-0000-{number:012d}</G><S N="Display">Row &lt;{number}&gt; &amp; _x000A_ more</S>'
        f'<B N="Enabled">true</B><I64 N="Size">{number * 1000003}</I64><Db N="Ratio">{number / 8}</Db>'
        '<DT N="Changed">2013-11-21T10:11:12.1234567Z</DT><Nil N="Policy"/><S N="Address">sip:row@litwareinc.com</S></Props></Obj>'
    )


def wide(number):
    def properties(first, last):
        return "".join(f'<S N="Property{index}">value {index} of {number}</S>' for index in range(first, last))

    return (
        f'<Obj RefId="0"><TN RefId="0"><T>Wide</T><T>System.Object</T></TN><ToString>{number}</ToString><Props>{properties(0, 60)}</Props>'
        f"<MS>{properties(60, 80)}</MS></Obj>"
    )


def nested(number):
    inner = "".join(
        f'<Obj RefId="{index + 2}"><TNRef RefId="0"/><MS><I32 N="n">{index}</I32><Ref N="up" RefId="1"/></MS></Obj>'
        for index in range(12)
    )
    entries = "".join(f'<En><S N="Key">k{index}</S><I32 N="Value">{index}</I32></En>' for index in range(8))
    return (
        f'<Obj RefId="0"><TN RefId="0"><T>Node</T><T>System.Object</T></TN><MS><Obj N="shared" RefId="1"><MS><S N="s">{number}</S></MS></Obj>'
        f'<Obj N="list" RefId="50"><LST>{inner}</LST></Obj><Obj N="table" RefId="51"><DCT>{entries}</DCT></Obj></MS></Obj>'
    )


def text(number):
    return f"<S>line {number}: {'some words, ' * 20}</S>"


KINDS = {"rows of ten properties": row, "80 properties": wide, "nested, with references": nested, "strings": text}


def measure_decode(home, quick):
    if not PYTHON.exists():
        return not_run("decoding", "pypsrp is not installed: scripts/test interop puts it into .venv")
    for name, make in KINDS.items():
        path = home / "messages"
        with open(path, "wb") as file:
            for number in range(500 if quick else 3000):
                message = make(number).encode()
                file.write(struct.pack(">I", len(message)) + message)
        count, seconds, memory = subprocess.run([PROGRAM, path, "10"], check=True, capture_output=True, text=True).stdout.split()
        ours = int(count) / float(seconds)
        count, seconds = subprocess.run([PYTHON, "-c", PEER, path], check=True, capture_output=True, text=True).stdout.split()
        theirs = int(count) / float(seconds)
        say(f"decode, {name}: objects a second", f"{ours:,.0f}", f"pypsrp {theirs:,.0f}")
        ratio = ours / theirs
        # A string is no object: there is next to nothing to be made of it, by either.
        holds = None if make is text else ratio >= 10
        say(f"decode, {name}", f"{ratio:.1f} x pypsrp", None if make is text else "at least 10 x", holds)
    longer = subprocess.run([PROGRAM, path, "100"], check=True, capture_output=True, text=True).stdout.split()
    growth = int(longer[2]) / int(memory)
    say("decode, memory of a stream ten times as long", f"{growth:.2f} x", "the same", growth < 1.1)
