import CLIXML
import Testing

@Suite struct ValueTests {
    @Test func `names are compared without case`() {
        #expect("ShellId".isSameName(as: "SHELLID"))
        #expect(!"ShellId".isSameName(as: "Shell-d"))
        #expect(!"a@".isSameName(as: "a`"))
        #expect("Größe".isSameName(as: "GRÖßE"))
        #expect(!"Größe".isSameName(as: "Grösse"))
        #expect("".isSameName(as: ""))
    }

    @Test func `added properties hide those of the type`() {
        let object = PSObject(
            adapted: [PSProperty("A", .int32(1)), PSProperty("B", .int32(2))],
            extended: [PSProperty("c", .int32(3)), PSProperty("b", .int32(4))])
        #expect(object["B"] == .int32(4))
        #expect(object.properties.map(\.name) == ["A", "c", "b"])
    }

    @Test func `values show the text PowerShell would show`() {
        let inner = PSObject(custom: ["a": .int32(1), "b": .bool(true), "c": .null])
        #expect(PSValue.object(inner).text == "@{a=1; b=True; c=}")
        #expect(PSValue.object(PSObject(array: [.int32(1), .string("x")])).text == "1 x")
        #expect(
            PSValue.object(PSObject(typeNames: ["Deserialized.System.Collections.Hashtable"], content: .dictionary([])))
                .text == "System.Collections.Hashtable")
        #expect(PSValue.double(1.5).text == "1.5")
        #expect(PSValue.char(0x41).text == "A")
        #expect(PSValue.null.text == "")
    }

    @Test func `a GUID has .NET's order in bytes and none in text`() throws {
        let guid = try #require(PSGuid("00112233-4455-6677-8899-AABBCCDDEEFF"))
        #expect(guid.description == "00112233-4455-6677-8899-aabbccddeeff")
        #expect(guid.uppercased == "00112233-4455-6677-8899-AABBCCDDEEFF")
        #expect(
            guid.dotNetBytes == [
                0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF,
            ])
        #expect(PSGuid(dotNetBytes: guid.dotNetBytes[...]) == guid)
        #expect(PSGuid("{00112233-4455-6677-8899-aabbccddeeff}") == guid)
        for wrong in [
            "", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef", "{\(guid)", "\(guid)0",
        ] {
            #expect(PSGuid(wrong) == nil, "\(wrong)")
        }
        #expect(PSGuid(dotNetBytes: [1, 2, 3]) == nil)
    }

    @Test func `versions compare by number`() throws {
        #expect(PSVersion(2, 3) > PSVersion(2, 2))
        #expect(try #require(PSVersion("2.10")) > PSVersion(2, 9))
        #expect(try #require(PSVersion("2.2.1")) > PSVersion(2, 2))
        #expect(PSVersion("") == nil)
        #expect(PSVersion("4294967296.0") == nil)
    }

    @Test(arguments: [
        (0, "PT0S"), (1, "PT0.0000001S"), (10_000_000, "PT1S"), (-600_000_000, "-PT1M"), (864_000_000_000, "P1D"),
        (937_845_670_000, "P1DT2H3M4.567S"), (Int64.max, "P10675199DT2H48M5.4775807S"),
        (Int64.min, "-P10675199DT2H48M5.4775808S"),
    ])
    func `spans go both ways`(ticks: Int64, text: String) {
        #expect(PSDuration(ticks: ticks).description == text)
        #expect(PSDuration(text).ticks == ticks)
    }

    @Test(arguments: [
        "", "P", "-", "P1", "1D", "PT1", "PT.5S", "P1Y", "PT1.5H", "P99999999999999999D", "PT1SX", "P1DT-1S",
    ])
    func `what is no span has no length`(text: String) {
        #expect(PSDuration(text).ticks == nil)
    }

    @Test(arguments: [
        "", "2018", "2018-13-01T00:00:00", "2018-06-13 23:46:28", "2018-06-13T23:46:28.", "2018-06-13T24:00:00",
        "2018-06-13T23:46:28+0200", "2018-06-13T23:46:28Zx",
    ])
    func `what is no time has no fields`(text: String) {
        #expect(PSDateTime(text).fields == nil)
    }

    @Test func `a time before UTC has a negative offset and seven digits count`() {
        let fields = PSDateTime("2018-06-13T23:46:28.0051612-09:30").fields
        #expect(fields?.place == .offset(minutes: -570))
        #expect(fields?.ticks == 51612)
        #expect(PSDateTime("2018-06-13T23:46:28.5Z").fields?.ticks == 5_000_000)
    }

    @Test func `a secure string does not print`() {
        let secret = PSValue.secureString(PSSecureString(base64: "c2VjcmV0"))
        #expect(!"\(secret)".contains("c2V"))
        #expect(!String(reflecting: secret).contains("c2V"))
        #expect(!secret.text.contains("c2V"))
    }

    @Test func `commands go both ways`() throws {
        let command = CommandMetadata(
            name: "Get-CsOnlineUser", namespace: "Lync", helpURI: "https://help.example", resolvedName: "x",
            outputTypes: ["A", "B"],
            parameters: [
                .init(name: "Identity", type: "UserIdParameter", aliases: ["Id"]),
                .init(name: "Confirm", type: "System.Management.Automation.SwitchParameter", isSwitch: true),
            ])
        let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 16))
        #expect(CommandMetadata(try decoder.decode(CLIXMLEncoder.encode(command.value))) == command)
        #expect(CommandMetadata(.object(PSObject(extended: [PSProperty("Count", .int32(1))]))) == nil)
    }

    @Test func `records are read from strings and from nothing`() {
        #expect(ErrorRecord(.string("bad")).message == "bad")
        #expect(ErrorRecord(.null).fullyQualifiedErrorID == "")
        #expect(ErrorRecord(.null).category == .notSpecified)
        #expect(ErrorRecord.Category(rawValue: 99).name == "99")
        #expect(InformationalRecord(.string("careful")).message == "careful")
        #expect(InformationalRecord(message: "careful", type: "WarningRecord").message == "careful")
        #expect(InformationRecord(.null).message == "")
        let record = InformationRecord(
            data: .string("hello"), time: PSDateTime("2018-06-13T23:46:28Z"), tags: ["PSHOST"])
        #expect(record.message == "hello")
        #expect(record.tags == ["PSHOST"])
        #expect(record.time?.fields?.year == 2018)
        let error = ErrorRecord(
            message: "No.", fullyQualifiedErrorID: "No,Do", category: .permissionDenied, activity: "Do")
        #expect(error.message == "No.")
        #expect(error.category.name == "PermissionDenied")
        #expect(error.categoryMessage == "PermissionDenied: (:) [Do], ")
    }
}
