public import CLIXML

/// What a type of message carries, with the value it is sent as. The same types serve both sides.
public protocol MessageBody: Hashable, Sendable {
    /// The type of the message.
    static var type: MessageType { get }
    /// Reads the value of a message. Names are taken in any case, properties nobody knows are passed over.
    init(_ value: PSValue) throws(ProtocolViolation)
    /// The value to send; nil for a message without a text.
    var value: PSValue? { get }
}

extension MessageBody {
    /// The property, which must be there.
    static func required<T>(_ name: String, in value: PSValue, as read: (PSValue) -> T?) throws(ProtocolViolation) -> T
    {
        guard let property = value[name], let result = read(property) else { throw .badBody(type, property: name) }
        return result
    }

    /// The integer, which must be there and fit.
    static func integer<T: FixedWidthInteger>(_ name: String, in value: PSValue) throws(ProtocolViolation) -> T {
        try required(name, in: value) { $0.integer.flatMap(T.init(exactly:)) }
    }
}

extension PSValue {
    /// An object that has only these properties, as nearly all messages are.
    static func properties(_ properties: KeyValuePairs<String, PSValue>) -> PSValue {
        .object(PSObject(extended: properties.map { PSProperty($0.key, $0.value) }))
    }

    /// A value of an enumeration.
    static func enumeration(_ type: String, _ name: String, _ number: Int32) -> PSValue {
        .object(PSObject(enumeration: type, name: name, number: number))
    }

    /// `nil` for `$null`.
    var unlessNull: PSValue? { isNull ? nil : self }
}
