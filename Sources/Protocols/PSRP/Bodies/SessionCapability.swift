public import CLIXML

/// SESSION_CAPABILITY (MS-PSRP 2.2.2.1), the first message in both directions.
public struct SessionCapability: MessageBody {
    /// The version of the protocol. 2.1 is PowerShell 2, 2.2 PowerShell 3 and 4, 2.3 PowerShell 5 and later.
    public var protocolVersion: PSVersion
    /// Always 2.0.
    public var psVersion: PSVersion
    /// Always 1.1.0.1.
    public var serializationVersion: PSVersion

    public static let type = MessageType.sessionCapability

    /// What we offer.
    public static let ours = SessionCapability(protocolVersion: PSVersion(2, 3))

    /// A capability with the versions that never change.
    public init(protocolVersion: PSVersion) {
        self.protocolVersion = protocolVersion
        psVersion = PSVersion(2, 0)
        serializationVersion = PSVersion("1.1.0.1") ?? PSVersion(1, 1)
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        func version(_ property: PSValue) -> PSVersion? {
            if case .version(let version) = property.unwrapped { return version }
            return property.string.flatMap { PSVersion($0) }
        }
        protocolVersion = try Self.required("protocolversion", in: value, as: version)
        psVersion = value["PSVersion"].flatMap(version) ?? PSVersion(2, 0)
        serializationVersion = value["SerializationVersion"].flatMap(version) ?? PSVersion(1, 1)
    }

    // The time zone that Windows adds, a .NET binary, is left out; servers do not miss it.
    public var value: PSValue? {
        .properties([
            "protocolversion": .version(protocolVersion), "PSVersion": .version(psVersion),
            "SerializationVersion": .version(serializationVersion),
        ])
    }
}
