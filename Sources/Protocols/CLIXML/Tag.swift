internal import XML

/// The tags of CLIXML (MS-PSRP 2.2.5).
enum Tag: UInt8, CaseIterable {
    // Primitives, 2.2.5.1.
    case S, C, B, DT, TS, By, SB, U16, I16, U32, I32, U64, I64, Sg, Db, D, BA, G, URI, Nil, Version, XD, SBK, SS, PR
    // Objects, 2.2.5.2.
    case Obj, Ref, TN, TNRef, T, ToString, LST, IE, STK, QUE, DCT, En, Props, MS, Objs
    // Anything else.
    case unknown

    /// The tag as it is written.
    var name: String { Self.names[Int(rawValue)] }

    private static let names = allCases.map { "\($0)" }

    /// Whether it is a value whose content is a text.
    var isPrimitive: Bool { rawValue <= Tag.SS.rawValue }

    /// Whether it holds values in a row.
    var isList: Bool {
        switch self {
        case .LST, .IE, .STK, .QUE: true
        default: false
        }
    }
}

/// Finds a tag by its name, once for each element: one multiplication instead of forty comparisons.
struct TagTable {
    // Names of up to eight bytes are numbers; twice as many places as tags make collisions rare.
    private var places = [(name: UInt64, tag: Tag)](repeating: (0, .unknown), count: 128)

    init() {
        for tag in Tag.allCases where tag != .unknown {
            let name = tag.name.utf8.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            var place = Self.place(of: name)
            while places[place].name != 0 { place = (place + 1) & 127 }
            places[place] = (name, tag)
        }
    }

    subscript(_ text: XMLText) -> Tag {
        let name = text.packed
        var place = Self.place(of: name)
        while places[place].name != 0 {
            if places[place].name == name { return places[place].tag }
            place = (place + 1) & 127
        }
        return .unknown
    }

    private static func place(of name: UInt64) -> Int {
        Int(truncatingIfNeeded: (name &* 0x9E37_79B9_7F4A_7C15) >> 57)
    }
}
