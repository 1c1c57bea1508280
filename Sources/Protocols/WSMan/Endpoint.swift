public import HTTP

/// Where shells are opened, and what every request there has in common; MS-WSMV 3.1.4.1.
public struct Endpoint: Hashable, Sendable {
    /// Where requests are posted, exactly as the server spelled it.
    public let url: WebURL
    /// The session configuration: `ResourceURI.powershell(configuration:)`.
    public let resourceURI: String
    /// p:SessionId: by it a server knows the client that may reconnect a shell. It stays for the life of a shell.
    public let clientID: GUID
    /// MaxEnvelopeSize: the largest answer we take, and by custom the largest request. 153600 is safe everywhere, 512000
    /// from protocol 2.2 on.
    public var envelopeBytesMax: Int
    /// How long the service may work on one request, and so how long a Receive is held open. The deadline of the HTTP
    /// exchange must be longer by a margin.
    public var operationTimeout: Duration
    /// The language of texts. Anything but English leaves the fault classifier with codes alone.
    public let locale: String

    /// Nil when a text is empty or holds what cannot stand in an envelope.
    public init?(
        url: WebURL, resourceURI: String, clientID: GUID, envelopeBytesMax: Int = 153_600,
        operationTimeout: Duration = .seconds(20), locale: String = "en-US"
    ) {
        guard isPlainText(resourceURI), isPlainText(locale) else { return nil }
        self.url = url
        self.resourceURI = resourceURI
        self.clientID = clientID
        self.envelopeBytesMax = envelopeBytesMax
        self.operationTimeout = operationTimeout
        self.locale = locale
    }
}

/// What leads to one shell: the selectors that the server gave it, and the resource it was created as.
///
/// Taken from Create's answer and not from memory, MS-WSMV 3.1.4.5.2: older servers assign ids of their own.
public struct ShellAddress: Hashable, Sendable {
    public let resourceURI: String
    /// At least one; usually the ShellId alone.
    public let selectors: [Selector]

    /// One name and value of a SelectorSet, DSP0226 5.1.2.2.
    public struct Selector: Hashable, Sendable {
        public let name: String
        public let value: String

        /// Nil when a text is empty or holds what cannot stand in an envelope.
        public init?(_ name: String, _ value: String) {
            guard isPlainText(name), isPlainText(value) else { return nil }
            self.name = name
            self.value = value
        }
    }

    /// The address of a shell whose id we chose or were told.
    public init(resourceURI: String, shellID: GUID) {
        self.resourceURI = resourceURI
        selectors = [Selector(shellID: shellID)]
    }

    /// All of it stands in the head of every request, which has to leave room for what is sent.
    static let bytesMax = 4096

    /// Nil without selectors, when the resource is no text that can stand in an envelope, or when it is too long for that.
    public init?(resourceURI: String, selectors: [Selector]) {
        let bytes = selectors.reduce(resourceURI.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard !selectors.isEmpty, isPlainText(resourceURI), bytes <= Self.bytesMax else { return nil }
        self.resourceURI = resourceURI
        self.selectors = selectors
    }

    /// The id in the selectors, as the server wrote it.
    public var shellID: String? { selectors.first { $0.name.utf8.elementsEqual("ShellId".utf8) }?.value }
}

extension ShellAddress.Selector {
    fileprivate init(shellID: GUID) {
        name = "ShellId"
        value = shellID.description
    }
}

/// Whether `text` is there, and is of characters that XML 1.0 can hold, controls left out altogether.
func isPlainText(_ text: String) -> Bool {
    !text.isEmpty
        && text.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value & 0xFFFE != 0xFFFE
        }
}
