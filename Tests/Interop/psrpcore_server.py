"""A server of remote PowerShell whose PSRP is psrpcore's, behind WS-Management written here over http.server and TLS.

It tells what it was asked and what it sent, and in variants it has the habits by which real servers differ from tidy ones.
"""

import base64
import dataclasses
import datetime
import http.server
import re
import ssl
import subprocess
import threading
import time
import uuid
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import psrpcore
from psrpcore import types

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
POWERSHELL = "http://schemas.microsoft.com/powershell"
SPACES = {"s": "http://www.w3.org/2003/05/soap-envelope", "a": ADDRESSING, "w": WSMAN, "rsp": SHELL, "x": TRANSFER}
TIMED_OUT, SHELL_GONE, COMMANDS_QUOTA = 2150858793, 2150858843, 2150859241

USER, PASSWORD = "kenmyer@litwareinc.com", "secret"
NASTY = "a_x0041_b _X _x \t\r\n\x1b\x7f\x9b <&>\"' Zoë €𝄞🦆"


@dataclasses.dataclass
class Habits:
    """How this server differs from a tidy one."""

    byte_order_mark: bool = False  # before every payload, as Windows does
    zero_pool_id: bool = False  # in SESSION_CAPABILITY
    own_ids: bool = False  # shells and commands get other ids than were proposed
    pending: bool = False  # CommandState Pending until the end
    slow_start: int = 0  # so many Receives time out before the pool opens
    other_case: bool = False  # of the names of properties in messages
    version: str = "2.3"  # at 2.1, Create is answered with ResourceCreated alone
    fragment: int = 32768
    commands_per_shell: int = 1000  # that were not terminated
    cookie: str = ""  # set with each answer
    signals: tuple = ("powershell/signal/crtl_c", f"{SHELL}/signal/Terminate")  # the first stops


class Pool(psrpcore.ServerRunspacePool):
    """psrpcore's pool with these habits, its payloads sorted by who is to receive them."""

    def __init__(self, habits):
        super().__init__(application_private_data={"Greeting": "hello"})
        self.habits = habits
        self.our_capability.protocolversion = types.PSVersion(habits.version)

    def prepare_message(self, message, message_type=None, pipeline_id=None, stream_type=psrpcore.StreamType.default):
        super().prepare_message(message, message_type, pipeline_id, stream_type)
        data = self._send_buffer[-1]._data
        if self.habits.zero_pool_id and isinstance(message, types.SessionCapability):
            data[8:24] = bytes(16)
        # A message, not a value that somebody wrote: those have the names they have.
        if self.habits.other_case and message_type is None:
            data[40:] = re.sub(rb' N="([A-Za-z]+)"', lambda name: b' N="%s"' % name[1].swapcase(), bytes(data[40:]))
        if self.habits.byte_order_mark:
            data[40:40] = b"\xef\xbb\xbf"


class Command:
    """A pipeline at the server: psrpcore's, the thread that runs it, and what waits to be received."""

    def __init__(self, shell, pipeline):
        self.shell, self.pipeline = shell, pipeline
        # What is to be run, once its message is whole.
        self.words = None
        self.output = []
        self.stopped = threading.Event()
        self.answered = threading.Event()
        self.answer = None
        self.input = []
        self.input_over = threading.Event()
        self.has_ended = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        name, arguments = self.words
        with self.shell.changed:
            self.pipeline.start()
        try:
            if name not in COMMANDS:
                raise Failure(f"The term '{name}' is not recognized as the name of a cmdlet.", "CommandNotFoundException")
            COMMANDS[name](self, **arguments)
            end = self.pipeline.complete if not self.stopped.is_set() else self.stop
        except Failure as failure:
            record = error_record(failure)
            end = lambda: self.pipeline._change_state(types.PSInvocationState.Failed, error=record)
        with self.shell.changed:
            end()
            self.has_ended = True
            self.shell.sort()

    def stop(self):
        self.pipeline.begin_stop()
        self.pipeline.stop()

    def tell(self, write, *arguments, **more):
        """Calls one of the pipeline's own methods, and lets what it wrote be received."""
        with self.shell.changed:
            result = getattr(self.pipeline, write)(*arguments, **more)
            self.shell.sort()
        return result


class Shell:
    """What Create makes."""

    def __init__(self, server, proposed):
        self.server = server
        self.id = uuid.uuid4() if server.habits.own_ids else proposed
        self.pool = Pool(server.habits)
        self.changed = threading.Condition(server.lock)
        self.output = []
        self.commands = {}
        self.timeouts_left = server.habits.slow_start

    def begin(self, data, proposed):
        """A command, with the first fragments of its message. The id that it has from now on."""
        given = uuid.uuid4() if self.server.habits.own_ids else proposed
        # psrpcore wants to know of a pipeline before it is told what is in it.
        self.commands[given] = Command(self, psrpcore.ServerPipeline(self.pool, proposed))
        self.receive(data, proposed)
        return given

    def receive(self, data, pipeline_id=None):
        """Takes fragments of the client, and starts the command whose message they make whole."""
        self.pool.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, pipeline_id))
        begun = None
        while event := self.pool.next_event():
            if isinstance(event, psrpcore.CreatePipelineEvent):
                command = event.pipeline.commands[0]
                arguments = {name.strip("-:"): value for name, value in command.parameters}
                begun = event.pipeline_id, (str(command.command_text), arguments)
            elif isinstance(event, psrpcore.GetCommandMetadataEvent):
                begun = event.pipeline_id, ("metadata", {})
            elif isinstance(event, psrpcore.PipelineHostResponseEvent):
                command = next(c for c in self.commands.values() if c.pipeline.pipeline_id == event.pipeline_id)
                command.answer = event
                command.answered.set()
            elif isinstance(event, (psrpcore.PipelineInputEvent, psrpcore.EndOfPipelineInputEvent)):
                command = next(c for c in self.commands.values() if c.pipeline.pipeline_id == event.pipeline_id)
                if isinstance(event, psrpcore.PipelineInputEvent):
                    command.input.append(event.data)
                else:
                    command.input_over.set()
        self.sort()
        if begun:
            pipeline_id, words = begun
            command = next(c for c in self.commands.values() if c.pipeline.pipeline_id == pipeline_id)
            command.words = words
            self.server.asked.append(words)
            command.thread.start()

    def sort(self):
        """From psrpcore's one queue to the pool's and the commands'."""
        while payload := self.pool.data_to_send(self.server.habits.fragment):
            to = next((c for c in self.commands.values() if c.pipeline.pipeline_id == payload.pipeline_id), self)
            to.output.append(payload.data)
        self.changed.notify_all()


class Failure(Exception):
    """Ends a pipeline as failed."""


def error_record(failure):
    text, identifier = failure.args
    return types.ErrorRecord(
        Exception=types.NETException(Message=text),
        CategoryInfo=types.ErrorCategoryInfo(Category=types.ErrorCategory.ObjectNotFound, Reason="Reason"),
        FullyQualifiedErrorId=identifier,
    )


# The commands of this server, by name.

HOUR = datetime.timezone(datetime.timedelta(hours=2))
UTC = datetime.timezone.utc
# Values with the JSON that `usher` has for them, where that is not the value itself.
VALUES = {
    "Null": (None, None),
    "Bool": (True, True),
    "String": (types.PSString(NASTY), NASTY),
    "Empty": (types.PSString(""), ""),
    "Blank": (types.PSString(" "), " "),
    "Char": (types.PSChar("é"), "é"),
    "Byte": (types.PSByte(255), 255),
    "SByte": (types.PSSByte(-128), -128),
    "UInt16": (types.PSUInt16(65535), 65535),
    "Int16": (types.PSInt16(-32768), -32768),
    "UInt32": (types.PSUInt(4294967295), 4294967295),
    "Int32": (types.PSInt(-2147483648), -2147483648),
    "UInt64": (types.PSUInt64(2**64 - 1), str(2**64 - 1)),
    "Int64": (types.PSInt64(-(2**63)), str(-(2**63))),
    "Small": (types.PSInt64(2**53), 2**53),
    "Single": (types.PSSingle(1.5), 1.5),
    "Double": (types.PSDouble(-0.1), -0.1),
    "Decimal": (types.PSDecimal("79228162514264337593543950335"), "79228162514264337593543950335"),
    "Bytes": (types.PSByteArray(bytes(range(256))), base64.b64encode(bytes(range(256))).decode()),
    "Guid": (types.PSGuid("bf19b7db-6960-41e5-a139-2aa373474354"), "bf19b7db-6960-41e5-a139-2aa373474354"),
    "Uri": (types.PSUri("https://litware.example/?a=b&c=ü"), "https://litware.example/?a=b&c=ü"),
    "Version": (types.PSVersion("5.1.14393.2248"), "5.1.14393.2248"),
    "Xml": (types.PSXml('<a b="c">d</a>'), '<a b="c">d</a>'),
    "Script": (types.PSScriptBlock("Get-CsTenant |\n  Select Name"), "Get-CsTenant |\n  Select Name"),
    "Utc": (types.PSDateTime(2018, 6, 13, 23, 46, 28, 5160, tzinfo=UTC), "2018-06-13T23:46:28.00516Z"),
    "Offset": (types.PSDateTime(2018, 6, 13, 1, 46, 28, 1, tzinfo=HOUR, nanosecond=100), "2018-06-12T23:46:28.0000011Z"),
    "Duration": (types.PSDuration(days=1, hours=2, minutes=3, seconds=4), "P1DT2H3M4S"),
    "List": (types.PSList([types.PSInt(1), types.PSString("a"), None]), [1, "a", None]),
    "NoList": (types.PSList([]), []),
    "Dictionary": (types.PSDict({"a": types.PSInt(1), "b": types.PSList(["x"])}), {"a": 1, "b": ["x"]}),
    "Object": (types.PSCustomObject(Inner=types.PSCustomObject(Name="deep")), {"Inner": {"Name": "deep"}}),
    "Enum": (types.ErrorCategory.ObjectNotFound, "ObjectNotFound"),
}


def get_values(command):
    command.tell("write_output", types.PSCustomObject(**{name: value for name, (value, _) in VALUES.items()}))


def get_scalars(command):
    for value, _ in VALUES.values():
        command.tell("write_output", value)


def get_streams(command):
    command.tell("write_output", types.PSString(NASTY))
    command.tell("write_warning", f"warning {NASTY}")
    command.tell("write_verbose", f"verbose {NASTY}")
    command.tell("write_debug", f"debug {NASTY}")
    command.tell("write_progress", "Reading", 7, "half", percent_complete=50, seconds_remaining=3)
    command.tell("write_information", f"information {NASTY}", "Get-Streams", user="dana", computer="server")
    category = types.ErrorCategoryInfo(
        Category=types.ErrorCategory.ObjectNotFound, Activity="Get-Streams", Reason="ManagementException",
        TargetName="dana", TargetType="UserIdParameter")
    # psrpcore writes the text of an exception unescaped, so this one has nothing in it that XML cannot hold.
    command.tell("write_error", types.NETException(Message="error <&> Zoë 🦆"), category_info=category,
                 target_object="dana", fully_qualified_error_id="NotFound,Get-Streams")


def get_large(command, Count=3, Size=1_000_000):
    for number in range(int(Count)):
        command.tell("write_output", types.PSCustomObject(Number=types.PSInt(number), Text="x€" * (int(Size) // 2)))


def get_many(command, Count=1000):
    for number in range(int(Count)):
        command.tell("write_output", types.PSCustomObject(Number=types.PSInt(number), Name=f"user {number}"))


def get_arguments(command, **arguments):
    command.tell("write_output", types.PSCustomObject(**arguments))


def test_failure(command):
    raise Failure("It failed.", "Failed")


def start_wait(command):
    command.tell("write_output", types.PSString("begun"))
    command.stopped.wait()


def read_host(command):
    """Calls the client's host, and writes what came back."""
    command.tell("host_call", types.HostMethodIdentifier.ReadLine)
    command.answered.wait()
    command.tell("write_output", types.PSString(str(command.answer.error or command.answer.result)))


def ask(command, method, *parameters):
    command.answered.clear()
    command.tell("host_call", method, list(parameters))
    command.answered.wait()
    if command.answer.error:
        raise Failure(str(command.answer.error), "Refused")
    return command.answer.result


def ask_everything(command):
    """A choice, several, a credential and a form."""
    methods = types.HostMethodIdentifier
    choices = [types.ChoiceDescription("&Yes", "Do it."), types.ChoiceDescription("&No", "Leave it.")]
    chosen = ask(command, methods.PromptForChoice, "Confirm", "Sure?", choices, 1)
    several = ask(command, methods.PromptForChoiceMultipleSelection, "Some", "Which?", choices, [])
    credential = ask(command, methods.PromptForCredential1, "Who", "Who are you?", None, "target")
    field = types.FieldDescription(Name="Pin", ParameterTypeName="SecureString", IsMandatory=True)
    field.ParameterTypeFullName = "System.Security.SecureString"
    form = ask(command, methods.Prompt, "Form", "Fill in", [field])
    command.tell("write_output", types.PSCustomObject(
        Chosen=types.PSInt(int(chosen)), Several=types.PSList([types.PSInt(int(item)) for item in several]),
        User=str(credential.UserName), Password=credential.Password.decrypt(), Pin=form["Pin"].decrypt()))


def get_input(command):
    """Everything that was sent into the pipeline, and then how much it was."""
    command.input_over.wait()
    for value in command.input:
        command.tell("write_output", value)
    command.tell("write_output", types.PSInt(len(command.input)))


def reveal(command, Secret):
    if isinstance(Secret, types.PSSecureString):
        command.tell("write_output", types.PSString(Secret.decrypt()))
    else:
        command.tell("write_output", types.PSString(f"{Secret.UserName}:{Secret.Password.decrypt()}"))


def metadata(command):
    commands = {"Get-Streams": [], "Get-Large": ["Count", "Size"], "Get-Arguments": ["Name"]}
    command.tell("write_output", types.CommandMetadataCount(Count=len(commands)))
    for name, parameters in commands.items():
        entries = {
            parameter: types.PSCustomObject(
                Name=parameter, ParameterType="System.Int32", Aliases=types.PSList(["Alias"]), IsDynamic=False,
                SwitchParameter=False)
            for parameter in parameters
        }
        command.tell("write_output", types.PSCustomObject(
            Name=name, Namespace="Interop", HelpUri="", CommandType=types.CommandTypes.Cmdlet, ResolvedCommandName=None,
            OutputType=types.PSList(["System.String"]), Parameters=types.PSDict(entries)))


COMMANDS = {
    "Get-Values": get_values, "Get-Scalars": get_scalars, "Get-Streams": get_streams, "Get-Large": get_large,
    "Get-Many": get_many, "Get-Arguments": get_arguments, "Test-Failure": test_failure, "Start-Wait": start_wait,
    "Read-Host": read_host, "metadata": metadata, "Ask-Everything": ask_everything, "Get-Input": get_input,
    "Reveal": reveal,
}


# WS-Management.


class Fault(Exception):
    def __init__(self, code, subcode, text):
        self.code, self.subcode, self.text = code, subcode, text

    @property
    def body(self):
        return (
            f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{self.subcode}</s:Value></s:Subcode></s:Code>"
            f'<s:Reason><s:Text xml:lang="en-US">{self.text}</s:Text></s:Reason><s:Detail>'
            f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{self.code}" Machine="it">'
            f"<f:Message>{self.text}</f:Message></f:WSManFault></s:Detail></s:Fault>"
        )


LOSE = "lose"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] != expected:
            self.server.owner.count("Unauthorized")
            return self.reply(401, b"", {"WWW-Authenticate": 'Basic realm="WSMAN"'})
        envelope = ElementTree.fromstring(body)
        action = envelope.findtext("s:Header/a:Action", "", SPACES)
        message = envelope.findtext("s:Header/a:MessageID", "", SPACES)
        operation = action.rpartition("/")[2]
        trouble = self.server.owner.trouble(operation, envelope)
        if isinstance(trouble, tuple):
            return self.reply(*trouble)
        try:
            if isinstance(trouble, Fault):
                raise trouble
            status, answer = 200, getattr(self.server.owner, operation.lower())(envelope)
        except Fault as fault:
            status, answer, action = 500, fault.body, "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
        if trouble is LOSE:
            self.close_connection = True
            return self.connection.close()
        text = (
            "<s:Envelope " + " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())
            + f' xml:lang="en-US"><s:Header><a:Action>{action}{"Response" if status == 200 else ""}</a:Action>'
            f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID><a:To>{ADDRESSING}/role/anonymous</a:To>"
            f"<a:RelatesTo>{message}</a:RelatesTo></s:Header><s:Body>{answer}</s:Body></s:Envelope>"
        )
        return self.reply(status, text.encode(), {"Content-Type": "application/soap+xml;charset=UTF-8"})

    def reply(self, status, body, fields):
        self.send_response(status)
        if cookie := self.server.owner.habits.cookie:
            fields = {**fields, "Set-Cookie": cookie}
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Server:
    """The endpoint, with a certificate of its own."""

    def __init__(self, directory, habits=None):
        self.habits = habits or Habits()
        self.lock = threading.RLock()
        self.shells = {}
        self.asked = []
        self.counts = {}
        certificate, key = directory / "cert.pem", directory / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        self.ca_file = certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.owner = self
        # The handshake is made by the thread of the connection, at its first read.
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://localhost:{self.http.server_address[1]}/wsman"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        for shell in list(self.shells.values()):
            for command in shell.commands.values():
                command.stopped.set()
                command.answered.set()
        self.http.shutdown()
        self.http.server_close()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def trouble(self, operation, envelope):
        """What becomes of a request instead: a status, a body and fields, a Fault, or LOSE, where it is done and not answered.
        Tests put their own in its place."""

    # The operations, by the last word of their action.

    def create(self, envelope):
        with self.lock:
            self.count("Create")
            element = envelope.find("s:Body/rsp:Shell", SPACES)
            shell = Shell(self, uuid.UUID(element.attrib["ShellId"]))
            self.shells[shell.id] = shell
            shell.receive(base64.b64decode(element.findtext(f"{{{POWERSHELL}}}creationXml")))
            resource = escape(envelope.findtext("s:Header/w:ResourceURI", "", SPACES))
            name = str(shell.id).upper()
            created = (
                f"<x:ResourceCreated><a:Address>{self.url}</a:Address><a:ReferenceParameters>"
                f"<w:ResourceURI>{resource}</w:ResourceURI><w:SelectorSet><w:Selector Name='ShellId'>{name}</w:Selector>"
                "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
            )
            if self.habits.version == "2.1":
                return created
            return created + (
                f"<rsp:Shell><rsp:ShellId>{name}</rsp:ShellId><rsp:ResourceUri>{resource}</rsp:ResourceUri>"
                f"<rsp:Owner>{USER}</rsp:Owner><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut>"
                "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>"
            )

    def command(self, envelope):
        with self.lock:
            self.count("Command")
            shell = self.shell(envelope)
            if len(shell.commands) >= self.habits.commands_per_shell:
                raise Fault(COMMANDS_QUOTA, "w:QuotaLimit", "Too many commands.")
            line = envelope.find("s:Body/rsp:CommandLine", SPACES)
            data = base64.b64decode(line.findtext("rsp:Arguments", "", SPACES))
            given = shell.begin(data, uuid.UUID(line.attrib["CommandId"]))
            return f"<rsp:CommandResponse><rsp:CommandId>{str(given).upper()}</rsp:CommandId></rsp:CommandResponse>"

    def send(self, envelope):
        with self.lock:
            self.count("Send")
            shell = self.shell(envelope)
            stream = envelope.find("s:Body/rsp:Send/rsp:Stream", SPACES)
            command = self.named(shell, stream)
            shell.receive(base64.b64decode(stream.text), command.pipeline.pipeline_id if command else None)
            return "<rsp:SendResponse/>"

    def receive(self, envelope):
        with self.lock:
            shell = self.shell(envelope)
            wanted = envelope.find("s:Body/rsp:Receive/rsp:DesiredStream", SPACES)
            command = self.named(shell, wanted)
            queue = command or shell
            self.count("CommandReceive" if command else "PoolReceive")
            if not command and shell.timeouts_left:
                shell.timeouts_left -= 1
                raise Fault(TIMED_OUT, "w:TimedOut", "Nothing yet.")
            span = envelope.findtext("s:Header/w:OperationTimeout", "PT20S", SPACES)
            deadline = time.monotonic() + min(60, float(span.strip("PTS")))
            while not queue.output and not (command and command.has_ended):
                if not shell.changed.wait(deadline - time.monotonic()):
                    raise Fault(TIMED_OUT, "w:TimedOut", "Nothing to say.")
                if shell.id not in self.shells:
                    raise Fault(995, "w:InternalError", "The shell was closed.")
            room = int(envelope.findtext("s:Header/w:MaxEnvelopeSize", "153600", SPACES)) - 3000
            attribute = f' CommandId="{wanted.attrib["CommandId"]}"' if command else ""
            answer = ""
            while queue.output and (not answer or len(answer) + len(queue.output[0]) * 4 / 3 + 200 < room):
                text = base64.b64encode(queue.output.pop(0)).decode()
                answer += f'<rsp:Stream Name="stdout"{attribute}>{text}</rsp:Stream>'
            if command and command.has_ended and not command.output:
                answer += (f'<rsp:CommandState{attribute} State="{SHELL}/CommandState/Done">'
                           "<rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>")
            elif command and self.habits.pending:
                answer += f'<rsp:CommandState{attribute} State="{SHELL}/CommandState/Pending"/>'
            return f"<rsp:ReceiveResponse>{answer}</rsp:ReceiveResponse>"

    def signal(self, envelope):
        with self.lock:
            shell = self.shell(envelope)
            signal = envelope.find("s:Body/rsp:Signal", SPACES)
            command = self.named(shell, signal)
            code = signal.findtext("rsp:Code", "", SPACES)
            self.count(code.rpartition("/")[2])
            if code not in self.habits.signals:
                raise Fault(87, "w:SchemaValidationError", f"{code} is no signal.")
            command.stopped.set()
            command.answered.set()
            # PowerShell closes the command at any word but the one that stops it.
            if code != self.habits.signals[0]:
                del shell.commands[uuid.UUID(signal.attrib["CommandId"])]
            return "<rsp:SignalResponse/>"

    def delete(self, envelope):
        with self.lock:
            shell = self.shell(envelope)
            self.count("Delete")
            del self.shells[shell.id]
            for command in shell.commands.values():
                command.stopped.set()
                command.answered.set()
            shell.changed.notify_all()
            return ""

    def shell(self, envelope):
        name = envelope.findtext("s:Header/w:SelectorSet/w:Selector", "", SPACES)
        shell = self.shells.get(uuid.UUID(name))
        if not shell:
            raise Fault(SHELL_GONE, "w:InvalidSelectors", "The shell was not found.")
        return shell

    def named(self, shell, element):
        """The command of an element; None is the pool."""
        if "CommandId" not in element.attrib:
            return None
        command = shell.commands.get(uuid.UUID(element.attrib["CommandId"]))
        if not command:
            raise Fault(SHELL_GONE, "w:InvalidSelectors", "The command was not found.")
        return command
