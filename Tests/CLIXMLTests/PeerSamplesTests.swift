import CLIXML
import Testing

/// What other implementations of the protocol write is read, and written back as they would.
@Suite struct PeerSamplesTests {
    let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20))

    func decode(_ name: String) throws -> PSValue {
        let sample = try #require(SerializedByPSRPCore.samples.first { $0.name == name })
        return try decoder.decode([UInt8](sample.text.utf8))
    }

    @Test(arguments: SerializedByPSRPCore.samples + SerializedByPyPSRP.samples)
    func `a sample comes out as it went in`(sample: (name: String, text: String)) throws {
        let value = try decoder.decode([UInt8](sample.text.utf8))
        let written = CLIXMLEncoder.encode(value)
        #expect(try decoder.decode(written) == value)
        // The peers put a blank before `/>`, the number before the name, and some of them ToString elsewhere.
        guard !["enumeration", "errorRecord"].contains(sample.name) else { return }
        let theirs = sample.text.replacing("<S />", with: "<S></S>").replacing(" />", with: "/>")
            .replacing(/\ RefId="(\d+)" N="([^"]*)"/) { " N=\"\($0.2)\" RefId=\"\($0.1)\"" }
        #expect(String(decoding: written, as: UTF8.self) == theirs)
    }

    @Test func `primitives have the values they were made from`() throws {
        let expected: [String: PSValue] = [
            "null": .null, "bool": .bool(true), "string": .string("Get-CsTenant"),
            "nastyString": .string(SerializedByPSRPCore.nasty), "emptyString": .string(""),
            "blankString": .string("  "),
            "char": .char(0xE9), "byte": .byte(255), "sbyte": .sbyte(-128), "uint16": .uint16(.max),
            "int16": .int16(.min), "uint32": .uint32(.max), "int32": .int32(.min), "uint64": .uint64(.max),
            "int64": .int64(.min), "single": .single(1.5), "double": .double(-0.1),
            "decimal": .decimal(PSDecimal("79228162514264337593543950335")!), "bytes": .bytes(Array(0...255)),
            "guid": .guid(PSGuid("{C13FB5C3-C2A0-574C-902C-C58AD393EBB0}")!),
            "uri": .uri("https://litware.example/?a=b&c=ü"), "version": .version(PSVersion("5.1.14393.2248")!),
            "xml": .xml("<a b=\"c\">d</a>"), "scriptBlock": .scriptBlock("Get-CsTenant |\n  Select-Object Name"),
        ]
        for (name, value) in expected { #expect(try decode(name) == value, "\(name)") }
    }

    @Test func `times and spans are taken apart`() throws {
        func time(_ name: String) throws -> PSDateTime.Fields? {
            guard case .dateTime(let time) = try decode(name) else { return nil }
            return time.fields
        }
        let utc = try #require(try time("dateTimeUTC"))
        #expect((utc.year, utc.month, utc.day) == (2018, 6, 13))
        #expect((utc.hour, utc.minute, utc.second, utc.ticks) == (23, 46, 28, 51600))
        #expect(utc.place == .utc)
        #expect(try time("dateTimeOffset")?.place == .offset(minutes: 120))
        #expect(try time("dateTimeOffset")?.ticks == 11)
        #expect(try time("dateTimeUnspecified")?.place == .unspecified)
        guard case .duration(let span) = try decode("duration") else { return #expect(Bool(false)) }
        #expect(span.ticks == 937_845_670_000)
        guard case .duration(let back) = try decode("negativeDuration") else { return #expect(Bool(false)) }
        #expect(back.ticks == -1_727_990_000_000)
    }

    @Test func `objects keep their properties in order`() throws {
        let row = try #require(try decode("customObject").object)
        let names = ["Identity", "DisplayName", "Enabled", "Id", "WhenCreated", "Policies", "Quota", "Nothing"]
        #expect(row.properties.map(\.name) == names)
        #expect(row["displayname"] == .string("Dana Ødegård"))
        #expect(row["QUOTA"]?.integer == 9_000_000_000)
        #expect(row["Policies"]?.values == [.string("one"), .string("two")])
        #expect(row["Nothing"] == .null)
        #expect(row["Nowhere"] == nil)
        #expect(row.isOf(type: "System.Management.Automation.PSCustomObject"))
    }

    @Test func `containers keep their kind`() throws {
        #expect(try decode("list").object?.content == .list([.int32(1), .string("a"), .null]))
        #expect(try decode("stack").object?.content == .stack([.int32(1), .int32(2)]))
        #expect(try decode("queue").object?.content == .queue([.string("first"), .string("second")]))
        #expect(try decode("dictionary").entry("A") == .int32(1))
        #expect(try decode("dictionary").entries?[1].key == .int32(2))
    }

    @Test func `a value in an object is found through it`() throws {
        let category = try decode("enumeration")
        #expect(category.integer == 13)
        #expect(category.text == "ObjectNotFound")
        #expect(try decode("decoratedString").string == "text with a note")
        #expect(try decode("decoratedString")["note"] == .int32(5))
    }

    @Test func `shared objects are one and circles are cut`() throws {
        let values = try #require(try decode("sharedObject").values)
        #expect(values[0].object === values[1].object)
        #expect(try decode("circularObject")["Self"] == .reference(0))
    }

    @Test func `an error record is read`() throws {
        let record = ErrorRecord(try decode("errorRecord"))
        #expect(record.message == "The user was not found.")
        #expect(record.fullyQualifiedErrorID == "NotFound,Get-CsOnlineUser")
        #expect(record.category == .objectNotFound)
        #expect(record.category.name == "ObjectNotFound")
        #expect(record.activity == "Get-CsOnlineUser")
        #expect((record.targetName, record.targetType) == ("dana", "UserIdParameter"))
        #expect(record.targetObject == .null)
    }

    @Test func `a host is read and written`() throws {
        let host = HostDescription(try decode("hostInfo"))
        #expect(host.isHostNull == false)
        let defaults = try #require(host.defaults)
        #expect(defaults.foreground == 10)
        #expect((defaults.cursor, defaults.window) == (Coordinates(x: 1, y: 2), Coordinates(x: 3, y: 4)))
        #expect(defaults.bufferSize == Size(width: 120, height: 3000))
        #expect(defaults.physicalSizeMax == Size(width: 122, height: 52))
        #expect(defaults.title == "Usher")
        #expect(HostDescription(host.value) == host)
        #expect(HostDescription(HostDescription.none.value) == .none)
    }
}
