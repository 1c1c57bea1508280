"""Writes the envelopes in this folder: what pypsrp sends for each operation, with every id fixed.

    pip install pypsrp==0.9.1 && python capture.py

The tests compare our requests with these; RequestTests lists what differs and why.
"""

import base64
import pathlib
import uuid
import xml.etree.ElementTree as ET

import pypsrp.wsman
from pypsrp.powershell import RunspacePool
from pypsrp.shell import SignalCode, WinRS
from pypsrp.wsman import NAMESPACES, OptionSet, SelectorSet, WSMan

FOLDER = pathlib.Path(__file__).parent
SHELL = "11111111-2222-4333-8444-555555555555"
COMMAND = "99999999-AAAA-4BBB-8CCC-DDDDDDDDDDDD"
CLIENT = "0A0B0C0D-1111-4222-8333-444444444444"
MESSAGE = uuid.UUID("AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE")
RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
PAYLOAD = bytes(range(256)) * 2

class Answered(Exception):
    pass

def main():
    pypsrp.wsman.uuid.uuid4 = lambda: MESSAGE
    wsman = WSMan("tenant.example", username="u", password="p", auth="basic", port=5986, path="OcsPowershellOAuth")
    wsman.session_id = CLIENT.lower()
    sent = []

    def send(message, **_):
        sent.append(message)
        raise Answered()

    wsman.transport.send = send

    def save(name, request):
        try:
            request()
        except Answered:
            pass
        (FOLDER / f"{name}.xml").write_bytes(sent.pop())

    def shell(**options):
        shell = WinRS(wsman, RESOURCE, SHELL, "stdin pr", "stdout", **options)
        shell._selector_set = SelectorSet()
        shell._selector_set.add_option("ShellId", SHELL)
        return shell

    def content(name):
        element = ET.Element(name, xmlns="http://schemas.microsoft.com/powershell")
        element.text = base64.b64encode(PAYLOAD).decode()
        return element

    def version():
        options = OptionSet()
        options.add_option("protocolversion", "2.3", {"MustComply": "true"})
        return options

    rsp = "{%s}" % NAMESPACES["rsp"]
    selectors = shell()._selector_set
    arguments = content("x").text
    save("Create", lambda: shell(idle_time_out=900).open(version(), content("creationXml")))
    save("CreateNoProfile", lambda: shell(no_profile=True).open(version(), content("creationXml")))
    save("Command", lambda: shell().command("", [arguments], command_id=COMMAND))
    save("SendPool", lambda: shell().send("stdin", PAYLOAD))
    save("SendCommand", lambda: shell().send("stdin", PAYLOAD, COMMAND))
    save("SendPrompt", lambda: shell().send("pr", PAYLOAD, COMMAND))
    save("ReceivePool", lambda: shell().receive("stdout"))
    save("ReceiveCommand", lambda: shell().receive("stdout", COMMAND))
    save("SignalStop", lambda: shell().signal(SignalCode.PS_CTRL_C, COMMAND))
    save("SignalTerminate", lambda: shell().signal(SignalCode.TERMINATE, COMMAND))

    opened = shell()
    opened.opened = True
    save("Delete", opened.close)
    save("Get", lambda: shell()._get_shell())
    save("EnumerateShells", lambda: next(iter(RunspacePool.get_runspace_pools(wsman))))

    filtered = ET.Element("{%s}Enumerate" % NAMESPACES["wsen"])
    ET.SubElement(filtered, "{%s}OptimizeEnumeration" % NAMESPACES["wsman"])
    ET.SubElement(filtered, "{%s}MaxElements" % NAMESPACES["wsman"]).text = "32000"
    dialect = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
    ET.SubElement(filtered, "{%s}Filter" % NAMESPACES["wsman"], Dialect=dialect).append(selectors.pack())
    commands = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"
    save("EnumerateCommands", lambda: wsman.enumerate(commands, filtered))

    save("Disconnect", lambda: wsman.disconnect(RESOURCE, ET.Element(rsp + "Disconnect"), selector_set=selectors))
    save("Reconnect", lambda: wsman.reconnect(RESOURCE, selector_set=selectors))
    connect = ET.Element(rsp + "Connect")
    connect.append(content("connectXml"))
    save("Connect", lambda: wsman.connect(RESOURCE, connect, version(), selectors))
    save("ConnectCommand", lambda: wsman.connect(RESOURCE, ET.Element(rsp + "Connect", CommandId=COMMAND), None, selectors))

main()
