/// A value that is large and seldom there, kept beside what holds it, because that is copied often.
@propertyWrapper
public struct Aside<Value: Hashable & Sendable>: Hashable, Sendable {
    private var place: Place?

    private indirect enum Place: Hashable, Sendable {
        case value(Value)
    }

    public init(wrappedValue: Value?) { place = wrappedValue.map { .value($0) } }

    public var wrappedValue: Value? {
        get { if case .value(let value)? = place { value } else { nil } }
        set { place = newValue.map { .value($0) } }
    }
}
