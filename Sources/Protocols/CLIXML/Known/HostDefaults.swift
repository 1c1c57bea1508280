// What a client says of the host it shows output on (MS-PSRP 2.2.3.14), so that a cmdlet which asks for the width of the
// window is answered without a call.

/// A place in a window.
public struct Coordinates: Hashable, Sendable {
    public var x: Int32
    public var y: Int32

    /// A place.
    public init(x: Int32, y: Int32) {
        self.x = x
        self.y = y
    }
}

/// The size of a window.
public struct Size: Hashable, Sendable {
    public var width: Int32
    public var height: Int32

    /// A size.
    public init(width: Int32, height: Int32) {
        self.width = width
        self.height = height
    }
}

/// The look of a window.
public struct HostDefaults: Hashable, Sendable {
    /// Numbers of System.ConsoleColor.
    public var foreground: Int32
    public var background: Int32
    public var cursor: Coordinates
    public var window: Coordinates
    public var cursorSize: Int32
    public var bufferSize: Size
    public var windowSize: Size
    public var windowSizeMax: Size
    public var physicalSizeMax: Size
    public var title: String

    /// A window of this size, grey on black.
    public init(size: Size, title: String = "") {
        foreground = 7
        background = 0
        cursor = Coordinates(x: 0, y: 0)
        window = Coordinates(x: 0, y: 0)
        cursorSize = 25
        bufferSize = size
        windowSize = size
        windowSizeMax = size
        physicalSizeMax = size
        self.title = title
    }
}

/// The host of a pool or a pipeline (MS-PSRP 2.2.3.14).
public struct HostDescription: Hashable, Sendable {
    /// There is no host: the server answers prompts itself, with an error, and calls nobody.
    public var isHostNull: Bool
    /// The host cannot talk to people.
    public var isHostUINull: Bool
    /// The host has no window.
    public var isHostRawUINull: Bool
    /// A pipeline has the host of its pool.
    public var usesRunspaceHost: Bool
    /// The window, when there is one.
    public var defaults: HostDefaults?

    /// No host.
    public static let none = HostDescription(
        isHostNull: true, isHostUINull: true, isHostRawUINull: true, usesRunspaceHost: true, defaults: nil)

    /// A host with a window that shows what it is told and asks somebody.
    public static func window(_ defaults: HostDefaults) -> HostDescription {
        HostDescription(
            isHostNull: false, isHostUINull: false, isHostRawUINull: false, usesRunspaceHost: false, defaults: defaults)
    }

    /// A host.
    public init(
        isHostNull: Bool, isHostUINull: Bool, isHostRawUINull: Bool, usesRunspaceHost: Bool, defaults: HostDefaults?
    ) {
        self.isHostNull = isHostNull
        self.isHostUINull = isHostUINull
        self.isHostRawUINull = isHostRawUINull
        self.usesRunspaceHost = usesRunspaceHost
        self.defaults = defaults
    }
}

extension HostDescription {
    /// Reads what a client said; what is missing reads as "no host".
    public init(_ value: PSValue) {
        self.init(
            isHostNull: value["_isHostNull"]?.bool ?? true, isHostUINull: value["_isHostUINull"]?.bool ?? true,
            isHostRawUINull: value["_isHostRawUINull"]?.bool ?? true,
            usesRunspaceHost: value["_useRunspaceHost"]?.bool ?? true,
            defaults: value["_hostDefaultData"]?["data"].map(HostDefaults.init))
    }

    /// The value of the property HostInfo.
    public var value: PSValue {
        var properties = [
            PSProperty("_isHostNull", .bool(isHostNull)), PSProperty("_isHostUINull", .bool(isHostUINull)),
            PSProperty("_isHostRawUINull", .bool(isHostRawUINull)),
            PSProperty("_useRunspaceHost", .bool(usesRunspaceHost)),
        ]
        if let defaults {
            let data = PSObject(extended: [PSProperty("data", defaults.value)])
            properties.append(PSProperty("_hostDefaultData", .object(data)))
        }
        return .object(PSObject(extended: properties))
    }
}

extension HostDefaults {
    init(_ value: PSValue) {
        self.init(size: Size(width: 80, height: 25))
        for entry in value.entries ?? [] {
            let inner = entry.value["V"] ?? .null
            switch entry.key.integer {
            case 0: foreground = inner.number ?? foreground
            case 1: background = inner.number ?? background
            case 2: cursor = inner.coordinates ?? cursor
            case 3: window = inner.coordinates ?? window
            case 4: cursorSize = inner.number ?? cursorSize
            case 5: bufferSize = inner.size ?? bufferSize
            case 6: windowSize = inner.size ?? windowSize
            case 7: windowSizeMax = inner.size ?? windowSizeMax
            case 8: physicalSizeMax = inner.size ?? physicalSizeMax
            case 9: title = inner.string ?? title
            default: break
            }
        }
    }

    /// MS-PSRP 2.2.3.14: a dictionary with numbers for keys; each value is an object of T, the type, and V, the value.
    var value: PSValue {
        let host = "System.Management.Automation.Host"
        let entries: [(String, PSValue)] = [
            ("System.ConsoleColor", .int32(foreground)), ("System.ConsoleColor", .int32(background)),
            ("\(host).Coordinates", cursor.value), ("\(host).Coordinates", window.value),
            ("System.Int32", .int32(cursorSize)), ("\(host).Size", bufferSize.value),
            ("\(host).Size", windowSize.value),
            ("\(host).Size", windowSizeMax.value), ("\(host).Size", physicalSizeMax.value),
            ("System.String", .string(title)),
        ]
        return .object(
            PSObject(
                hashtable: entries.enumerated().map { index, entry in
                    PSEntry(
                        .int32(Int32(index)),
                        .object(PSObject(extended: [PSProperty("T", .string(entry.0)), PSProperty("V", entry.1)])))
                }))
    }
}

extension Coordinates {
    /// The value in a call or an answer (MS-PSRP 2.2.3.1).
    public var value: PSValue { .object(PSObject(extended: [PSProperty("x", .int32(x)), PSProperty("y", .int32(y))])) }
}

extension Size {
    /// The value in a call or an answer (MS-PSRP 2.2.3.2).
    public var value: PSValue {
        .object(PSObject(extended: [PSProperty("width", .int32(width)), PSProperty("height", .int32(height))]))
    }
}

extension PSValue {
    fileprivate var number: Int32? { integer.flatMap(Int32.init(exactly:)) }

    fileprivate var coordinates: Coordinates? {
        guard let x = self["x"]?.number, let y = self["y"]?.number else { return nil }
        return Coordinates(x: x, y: y)
    }

    fileprivate var size: Size? {
        guard let width = self["width"]?.number, let height = self["height"]?.number else { return nil }
        return Size(width: width, height: height)
    }
}
