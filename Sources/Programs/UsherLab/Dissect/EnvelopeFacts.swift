// What an envelope says about itself, and the streams in it: read by namespaces and without regard to who wrote it.

internal import Varlink
internal import WSMan
internal import XML

/// An envelope, taken apart as far as names go.
struct EnvelopeFacts {
    /// `Create`, `CreateResponse`, `Fault`.
    let operation: String
    let isResponse: Bool
    let messageID: String?
    let relatesTo: String?
    let resourceURI: String?
    let shellID: String?
    let commandID: String?
    /// Everything, as it is told.
    let members: [(String, JSON?)]
    let streams: [Stream]

    /// Bytes in an envelope: what a stream carried, or the XML that opens or takes over a pool.
    struct Stream {
        let name: String
        let commandID: String?
        /// As it stands there, base64.
        let text: [UInt8]
    }

    init(_ envelope: XMLElement) {
        let header = envelope.first(Namespace.soap, "Header")
        let body = envelope.first(Namespace.soap, "Body")
        func told(_ namespace: String, _ name: String) -> String? { header?.first(namespace, name)?.trimmedText }
        let action = told(Namespace.addressing, "Action")
        let content = body?.children.first
        messageID = told(Namespace.addressing, "MessageID")
        relatesTo = told(Namespace.addressing, "RelatesTo")
        resourceURI = told(Namespace.wsman, "ResourceURI")
        let selectors = header?.first(Namespace.wsman, "SelectorSet")?.all(Namespace.wsman, "Selector") ?? []
        let options = header?.first(Namespace.wsman, "OptionSet")?.all(Namespace.wsman, "Option") ?? []
        operation = Self.operation(action, content)
        isResponse = relatesTo != nil || operation == "Fault" || operation.hasSuffix("Response")
        commandID = Self.commandID(in: content)
        shellID =
            selectors.first { $0.attribute("Name")?.lowercased() == "shellid" }?.trimmedText
            ?? Self.shellID(in: body)
        streams = Self.streams(in: body)
        let fault = body?.first(Namespace.soap, "Fault").map { element in
            Fault(element, activityID: header?.first(Namespace.wsmv, "ActivityId")?.trimmedText)
        }
        members =
            [
                ("operation", .string(operation)), ("action", action.map(JSON.string)),
                ("messageId", messageID.map(JSON.string)), ("relatesTo", relatesTo.map(JSON.string)),
                ("to", told(Namespace.addressing, "To").map(JSON.string)),
                ("resourceUri", resourceURI.map(JSON.string)),
                ("sessionId", told(Namespace.wsmv, "SessionId").map(JSON.string)),
                ("operationId", told(Namespace.wsmv, "OperationID").map(JSON.string)),
                ("sequenceId", told(Namespace.wsmv, "SequenceId").map(JSON.string)),
                ("activityId", told(Namespace.wsmv, "ActivityId").map(JSON.string)),
                ("maxEnvelopeSize", told(Namespace.wsman, "MaxEnvelopeSize").map(Self.number)),
                ("operationTimeout", told(Namespace.wsman, "OperationTimeout").map(JSON.string)),
                (
                    "locale",
                    header?.first(Namespace.wsman, "Locale")?.attribute(Namespace.xml, "lang").map(JSON.string)
                ),
                (
                    "dataLocale",
                    header?.first(Namespace.wsmv, "DataLocale")?.attribute(Namespace.xml, "lang").map(JSON.string)
                ),
                ("selectors", Self.named(selectors)), ("options", Self.named(options)),
                ("shellId", shellID.map(JSON.string)), ("commandId", commandID.map(JSON.string)),
            ] + Self.particulars(body, content)
            + [("fault", fault.map(Self.json))]
            + [
                (
                    "streams",
                    streams.isEmpty
                        ? nil
                        : .array(
                            streams.map {
                                .object(
                                    JSONObject(present: [
                                        ("name", .string($0.name)), ("commandId", $0.commandID.map(JSON.string)),
                                    ]))
                            })
                )
            ]
    }

    private static func operation(_ action: String?, _ content: XMLElement?) -> String {
        if content?.name == XMLName(Namespace.soap, "Fault") { return "Fault" }
        let last = action?.split(separator: "/").last.map(String.init)
        // Identify has no action.
        return last ?? content?.name.local ?? "Empty"
    }

    private static func commandID(in content: XMLElement?) -> String? {
        guard let content else { return nil }
        if let id = content.attribute("CommandId") { return id }
        if let id = content.first(Namespace.shell, "CommandId")?.trimmedText { return id }
        return content.children.lazy.compactMap { $0.attribute("CommandId") }.first
    }

    private static func shellID(in body: XMLElement?) -> String? {
        if let set = body?.first(Namespace.transfer, "ResourceCreated")?.descendant(Namespace.wsman, "SelectorSet"),
            let selector = set.all(Namespace.wsman, "Selector").first(where: {
                $0.attribute("Name")?.lowercased() == "shellid"
            })
        {
            return selector.trimmedText
        }
        let shell = body?.first(Namespace.shell, "Shell")
        return shell?.attribute("ShellId") ?? shell?.first(Namespace.shell, "ShellId")?.trimmedText
    }

    private static func streams(in body: XMLElement?) -> [Stream] {
        var streams: [Stream] = []
        for content in body?.children ?? [] {
            switch (content.name.namespace, content.name.local) {
            case (Namespace.shell, "Send"), (Namespace.shell, "ReceiveResponse"):
                for stream in content.all(Namespace.shell, "Stream") {
                    streams.append(
                        Stream(
                            name: stream.attribute("Name") ?? "", commandID: stream.attribute("CommandId"),
                            text: stream.utf8))
                }
            case (Namespace.shell, "CommandLine"):
                for arguments in content.all(Namespace.shell, "Arguments") {
                    streams.append(
                        Stream(name: "Arguments", commandID: content.attribute("CommandId"), text: arguments.utf8))
                }
            default:
                for name in ["creationXml", "connectXml", "connectResponseXml"] {
                    for element in content.all(Namespace.powershell, name) {
                        streams.append(Stream(name: name, commandID: nil, text: element.utf8))
                    }
                }
            }
        }
        return streams
    }

    /// What is said only by some operations.
    private static func particulars(_ body: XMLElement?, _ content: XMLElement?) -> [(String, JSON?)] {
        var members: [(String, JSON?)] = []
        for content in body?.children ?? [] {
            switch (content.name.namespace, content.name.local) {
            case (Namespace.shell, "Shell"): members.append(("shell", described(content)))
            case (Namespace.shell, "CommandLine"):
                members.append(("command", content.first(Namespace.shell, "Command").map { .string($0.text) }))
            case (Namespace.shell, "Signal"):
                members.append(("signal", content.first(Namespace.shell, "Code").map { .string($0.trimmedText) }))
            case (Namespace.shell, "Receive"):
                let wanted = content.all(Namespace.shell, "DesiredStream")
                members.append(("desiredStreams", .array(wanted.map { .string($0.trimmedText) })))
            case (Namespace.shell, "ReceiveResponse"):
                let state = content.first(Namespace.shell, "CommandState")
                members.append(("commandState", state?.attribute("State").map(JSON.string)))
                members.append(
                    ("exitCode", state?.first(Namespace.shell, "ExitCode").map { number($0.trimmedText) }))
            case (Namespace.transfer, "ResourceCreated"):
                members.append(
                    ("address", content.first(Namespace.addressing, "Address").map { .string($0.trimmedText) }))
            case (Namespace.shell, "Disconnect"), (Namespace.shell, "Connect"), (Namespace.shell, "ConnectResponse"):
                members.append((content.name.local == "Disconnect" ? "disconnect" : "connect", described(content)))
            case (Namespace.enumeration, "Enumerate"), (Namespace.enumeration, "EnumerateResponse"),
                (Namespace.enumeration, "Pull"), (Namespace.enumeration, "PullResponse"):
                let items =
                    content.descendant(Namespace.wsman, "Items") ?? content.first(Namespace.enumeration, "Items")
                members.append(
                    (
                        "enumerationContext",
                        content.first(Namespace.enumeration, "EnumerationContext").map { .string($0.trimmedText) }
                    ))
                members.append(
                    (
                        "items",
                        items.map { .array($0.children.map { [$0.name.local: described($0)] }) }
                    ))
            case (Namespace.identify, "IdentifyResponse"): members.append(("identify", described(content)))
            case (Namespace.soap, "Fault"), (Namespace.shell, "Send"), (Namespace.shell, "SendResponse"),
                (Namespace.shell, "CommandResponse"), (Namespace.shell, "SignalResponse"),
                (Namespace.identify, "Identify"):
                break
            default: members.append((content.name.local, described(content)))
            }
        }
        return members
    }

    /// An element nobody has words for: its attributes and what is inside; what comes several times is a list.
    private static func described(_ element: XMLElement) -> JSON {
        var members: [(String, [JSON])] = element.attributes.map { ($0.name.local, [.string($0.value)]) }
        for child in element.children {
            // These are streams, and told as messages.
            if child.name.namespace == Namespace.powershell { continue }
            let value: JSON =
                child.children.isEmpty && child.attributes.isEmpty ? .string(child.trimmedText) : described(child)
            if let index = members.firstIndex(where: { $0.0 == child.name.local }) {
                members[index].1.append(value)
            } else {
                members.append((child.name.local, [value]))
            }
        }
        let text = element.trimmedText
        if !text.isEmpty { members.append(("text", [.string(text)])) }
        return .object(JSONObject(present: members.map { ($0.0, $0.1.count == 1 ? $0.1[0] : .array($0.1)) }))
    }

    private static func named(_ elements: [XMLElement]) -> JSON? {
        guard !elements.isEmpty else { return nil }
        return .object(
            JSONObject(present: elements.map { ($0.attribute("Name") ?? "", .string($0.trimmedText)) }))
    }

    private static func number(_ text: String) -> JSON { Int64(text).map(JSON.int) ?? .string(text) }

    private static func json(_ fault: Fault) -> JSON {
        .object(
            JSONObject(present: [
                ("code", fault.code.map { .int(Int64($0)) }), ("soapCode", fault.soapCode.map(JSON.string)),
                ("subcode", fault.subcode.map(JSON.string)), ("detail", fault.detail.map(JSON.string)),
                ("reason", fault.reason.map(JSON.string)), ("message", fault.message.map(JSON.string)),
                ("machine", fault.machine.map(JSON.string)),
                (
                    "provider",
                    fault.provider.map { provider in
                        .object(
                            JSONObject(present: [
                                ("name", provider.name.map(JSON.string)), ("path", provider.path.map(JSON.string)),
                                ("text", provider.text.map(JSON.string)),
                            ]))
                    }
                ), ("means", .string(String(describing: fault.classify()).prefix { $0 != "(" }.description)),
            ]))
    }
}
