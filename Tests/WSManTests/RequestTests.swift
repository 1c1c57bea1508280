import HTTP
import Testing
import WSMan
import XML

/// What differs between pypsrp's requests and ours, on purpose.
enum AllowedDifference: CaseIterable {
    /// An option for cmd shells. pypsrp shares its code for both kinds; PowerShell's plug-in does not look at it.
    case skipCmdShellOption
    /// MS-WSMV 2.2.4.37 has IdleTimeOut before the streams; pypsrp writes it after them.
    case orderInsideShell

    func remove(from element: inout CanonicalElement) {
        switch self {
        case .skipCmdShellOption:
            element.children.removeAll { child in
                child.local == "OptionSet"
                    && child.children.allSatisfy { $0.attributes["Name"] == "WINRS_SKIP_CMD_SHELL" }
            }
        case .orderInsideShell:
            if element.local == "Shell" { element.children.sort { $0.name < $1.name } }
        }
    }
}

func canonical(_ envelope: [UInt8]) throws -> CanonicalElement {
    var element = try CanonicalElement(document: envelope)
    element.edit { inner in
        for difference in AllowedDifference.allCases { difference.remove(from: &inner) }
    }
    return element
}

@Suite struct RequestTests {
    static let noProfile = ShellCreation(shellID: Samples.shellID, noProfile: true, content: Samples.payload)!

    static let captured: [(String, Operation)] = [
        ("Create", .create(Samples.creation)),
        ("CreateNoProfile", .create(noProfile)),
        ("Command", .command(Samples.commandID, arguments: Samples.payload)),
        ("SendPool", .send(Samples.payload, to: .stdin, command: nil)),
        ("SendCommand", .send(Samples.payload, to: .stdin, command: Samples.commandID)),
        ("SendPrompt", .send(Samples.payload, to: .pr, command: Samples.commandID)),
        ("ReceivePool", .receive(command: nil)),
        ("ReceiveCommand", .receive(command: Samples.commandID)),
        ("SignalStop", .signal(.stopAsSpelled, command: Samples.commandID)),
        ("SignalTerminate", .signal(.terminate, command: Samples.commandID)),
        ("Delete", .delete),
        ("Get", .get),
        ("EnumerateShells", .enumerate(.shells)),
        ("EnumerateCommands", .enumerate(.commands(ofShell: Samples.shellID))),
        ("Disconnect", .disconnect(idleTimeOut: nil, bufferMode: nil)),
        ("Reconnect", .reconnect),
        ("Connect", .connect(content: Samples.payload, protocolVersion: "2.3")),
        ("ConnectCommand", .connectCommand(Samples.commandID)),
    ]

    @Test(arguments: captured.indices)
    func `a request says what pypsrp's says for the same purpose`(index: Int) throws {
        let (name, operation) = Self.captured[index]
        let theirs = try canonical(Fixtures.bytes("\(name).xml"))
        let ours = try canonical(Samples.request(operation).bytes)
        #expect(ours == theirs, "\(name)")
    }

    @Test func `every capture is compared`() throws {
        let names = try Fixtures.names().filter { $0.hasSuffix(".xml") }
        #expect(Set(names) == Set(Self.captured.map { "\($0.0).xml" }))
    }

    @Test func `Create carries a name where there is one, and escapes it`() throws {
        let creation = try #require(ShellCreation(shellID: Samples.shellID, name: "usher/a&<\"b/s7k2", content: []))
        let shell = try CanonicalElement(document: Samples.request(.create(creation)).bytes)["Body", "Shell"]
        #expect(shell?.attributes == ["ShellId": Samples.shellID.description, "Name": "usher/a&<\"b/s7k2"])
        #expect(shell?["IdleTimeOut"] == nil)
    }

    @Test func `Disconnect carries its options`() throws {
        let request = Samples.request(.disconnect(idleTimeOut: .seconds(60), bufferMode: .drop))
        let body = try CanonicalElement(document: request.bytes)["Body", "Disconnect"]
        #expect(body?["IdleTimeOut"]?.text == "PT60S")
        #expect(body?["BufferMode"]?.text == "Drop")
    }

    // DSP0226 8.6: the context of the last answer, to the same resource.
    @Test func `Pull goes on where Enumerate stopped`() throws {
        let envelope = try CanonicalElement(
            document: Samples.request(.pull(.shells, context: "uuid:1&2", elementsMax: 50)).bytes)
        #expect(envelope["Header", "Action"]?.text == "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull")
        #expect(envelope["Header", "ResourceURI"]?.text == ResourceURI.shells)
        #expect(envelope["Body", "Pull", "EnumerationContext"]?.text == "uuid:1&2")
        #expect(envelope["Body", "Pull", "MaxElements"]?.text == "50")
    }

    // DSP0226 11: no header, and nothing that says who asks.
    @Test func `Identify has an empty header`() throws {
        let envelope = try CanonicalElement(document: Samples.request(.identify).bytes)
        #expect(envelope["Header"]?.children.isEmpty == true)
        #expect(
            envelope["Body"]?.children.map(\.name)
                == ["{http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd}Identify"])
    }

    @Test(arguments: [153_600, 512_000])
    func `a payload of the greatest size makes an envelope just within the limit`(limit: Int) throws {
        var endpoint = Samples.endpoint
        endpoint.envelopeBytesMax = limit
        let size = Request.payloadBytesMax(at: endpoint, shell: Samples.address)
        let payload = [UInt8](repeating: 7, count: size)
        for operation in [
            Operation.send(payload, to: .stdin, command: Samples.commandID),
            .command(Samples.commandID, arguments: payload), .send(payload, to: .pr, command: nil),
        ] {
            let request = Request(operation, at: endpoint, shell: Samples.address, messageID: Samples.messageID)
            #expect((limit - 600...limit).contains(request.bytes.count))
        }
    }

    @Test(arguments: ["", "a\u{0}b", "a\nb", "\u{FFFE}", "\u{7F}", "a\u{85}"])
    func `texts that no envelope can hold are refused where they come in`(text: String) {
        #expect(ShellCreation(shellID: Samples.shellID, name: text, content: []) == nil)
        #expect(ShellCreation(shellID: Samples.shellID, protocolVersion: text, content: []) == nil)
        #expect(ShellAddress.Selector("ShellId", text) == nil)
        #expect(ShellAddress(resourceURI: text, selectors: Samples.address.selectors) == nil)
        #expect(Endpoint(url: Samples.endpoint.url, resourceURI: text, clientID: Samples.clientID) == nil)
    }
}
