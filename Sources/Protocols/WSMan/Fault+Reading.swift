public import XML

extension Fault {
    /// Reads s:Fault. It cannot fail: whatever is missing is nil, and `classify` makes do with the rest.
    public init(_ element: XMLElement, activityID: String?) {
        let code = element.first(Namespace.soap, "Code")
        // Subcodes may be nested; the innermost says most.
        var subcode = code?.first(Namespace.soap, "Subcode")
        while let inner = subcode?.first(Namespace.soap, "Subcode") { subcode = inner }
        soapCode = code?.first(Namespace.soap, "Value")?.localPart
        self.subcode = subcode?.first(Namespace.soap, "Value")?.localPart
        let reasons = element.first(Namespace.soap, "Reason")?.all(Namespace.soap, "Text") ?? []
        // SOAP 1.2 part 1, 5.4.2: the same text in several languages. English is the one that can be recognized.
        let english = reasons.first { $0.attribute(Namespace.xml, "lang")?.lowercased().hasPrefix("en") == true }
        reason = (english ?? reasons.first)?.content
        self.activityID = activityID
        guard let detail = element.first(Namespace.soap, "Detail") else { return }
        self.detail = detail.first(Namespace.wsman, "FaultDetail")?.lastPathComponent
        if let fault = detail.descendant(Namespace.fault, "WSManFault") {
            read(fault)
        } else {
            readWMIError(in: detail)
        }
    }

    private mutating func read(_ fault: XMLElement) {
        code = fault.attribute("Code").flatMap { UInt32($0) }
        machine = fault.attribute("Machine")
        guard let message = fault.first(Namespace.fault, "Message") else { return }
        self.message = message.content
        if let element = message.first(Namespace.fault, "ProviderFault") {
            provider = Provider(
                name: element.attribute("provider"), path: element.attribute("path"), text: element.content)
        }
        guard let inner = message.descendant(Namespace.fault, "WSManFault") else { return }
        // The outer one says that a plug-in failed, the inner one how. A code is only given up for another.
        var nested = Fault()
        nested.read(inner)
        code = nested.code ?? code
        self.message = nested.message ?? self.message
        if let text = nested.provider?.text { provider?.text = text }
    }

    /// Where WMI answers, Detail holds p:MSFT_WmiError, or an element of another schema with the same fields.
    private mutating func readWMIError(in detail: XMLElement) {
        guard let error = detail.children.first(where: { $0.name.local == "MSFT_WmiError" }) else { return }
        func text(_ name: String) -> String? { error.children.first { $0.name.local == name }?.content }
        message = text("Message")
        // `HRESULT 0x803381a5`, in hexadecimal; error_Code holds the same, at times with a sign.
        let digits = text("MessageID")?.split(separator: "0x").last
        code = digits.flatMap { UInt32($0, radix: 16) }
        if code == nil, let number = text("error_Code").flatMap({ Int64($0) }) {
            code = UInt32(truncatingIfNeeded: number)
        }
    }
}

extension XMLElement {
    /// The text without blanks around it, or nil when nothing is left.
    ///
    /// Faults are kept, logged and shown, so they get no longer than is of use to anybody; Exchange's longest are about
    /// two thousand bytes. A character that is cut becomes the replacement character.
    fileprivate var content: String? {
        let text = trimmedText
        guard text.utf8.count > 8192 else { return text.isEmpty ? nil : text }
        return String(decoding: text.utf8.prefix(8192), as: UTF8.self)
    }

    /// What follows the colon of a QName.
    fileprivate var localPart: String? {
        content.map { text in text.utf8.lastIndex(of: UInt8(ascii: ":")).map { String(text[$0...].dropFirst()) } ?? text
        }
    }

    fileprivate var lastPathComponent: String? {
        content.map { text in text.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(text[$0...].dropFirst()) } ?? text
        }
    }
}
