import Testing

@testable import CLIXML

@Suite struct DecoderTests {
    let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20, depthMax: 64, valuesMax: 1000))

    func decode(_ text: String) throws(CLIXMLError) -> PSValue { try decoder.decode([UInt8](text.utf8)) }

    func fault(_ text: String) -> CLIXMLError.Fault? {
        do throws(CLIXMLError) {
            _ = try decode(text)
            return nil
        } catch {
            return error.fault
        }
    }

    @Test func `the children of an object may come in any order`() throws {
        let parts = [
            #"<TN RefId="0"><T>A</T><T>B</T></TN>"#, "<ToString>text</ToString>", "<Props><I32 N=\"a\">1</I32></Props>",
            "<MS><I32 N=\"b\">2</I32></MS>", "<LST><S>x</S></LST>",
        ]
        let expected = PSObject(
            typeNames: ["A", "B"], toString: "text", content: .list([.string("x")]),
            adapted: [PSProperty("a", .int32(1))],
            extended: [PSProperty("b", .int32(2))])
        for turn in parts.indices {
            let order = parts[turn...] + parts[..<turn]
            #expect(try decode("<Obj RefId=\"0\">\(order.joined())</Obj>") == .object(expected))
            #expect(try decode("<Obj>\n \(order.reversed().joined(separator: "\n  "))\n</Obj>") == .object(expected))
        }
    }

    @Test func `a wrapper, a namespace, a byte order mark and a declaration are no hindrance`() throws {
        let wrapped =
            #"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><I32>7</I32></Objs>"#
        #expect(try decode(wrapped) == .int32(7))
        #expect(try decoder.decode([0xEF, 0xBB, 0xBF] + "<I32>7</I32>".utf8) == .int32(7))
        #expect(try decode("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<I32>7</I32>") == .int32(7))
        #expect(try decoder.decodeAll([UInt8]("<Objs><I32>7</I32><Nil/></Objs>".utf8)[...]) == [.int32(7), .null])
        #expect(fault("<Objs><I32>7</I32><Nil/></Objs>") == .severalValues)
        #expect(fault("<Objs/>") == .noValue)
    }

    @Test func `members inside members are a set, whose names and references count outside it too`() throws {
        let value = try decode(
            """
            <Obj RefId="0"><MS><I32 N="First">1</I32><MS N="PSStandardMembers">\
            <Obj N="DefaultDisplayPropertySet" RefId="1"><TN RefId="3"><T>A</T></TN><LST><S>First</S></LST></Obj></MS>\
            <Ref N="Third" RefId="1"/><Obj N="Fourth" RefId="4"><TNRef RefId="3"/><MS><S N="a">b</S></MS></Obj></MS></Obj>
            """)
        #expect(value.object?.properties.map(\.name) == ["First", "Third", "Fourth"])
        #expect(value["PSStandardMembers"]?["DefaultDisplayPropertySet"]?.values == [.string("First")])
        #expect(value["Third"]?.values == [.string("First")] && value["Fourth"]?.object?.typeNames == ["A"])
    }

    @Test func `what is not known is kept by name and with all that is in it`() throws {
        let text = #"<Obj RefId="0"><MS><New N="a">x<Part N="p">_x000A_&lt;</Part></New><S N="b">y</S></MS></Obj>"#
        let value = try decode(text)
        let part = PSUnknown(tag: "Part", name: "p", text: "_x000A_<")
        #expect(value["a"] == .unknown(PSUnknown(tag: "New", text: "x", children: [part])))
        #expect(value["b"] == .string("y"))
        #expect(String(decoding: CLIXMLEncoder.encode(value), as: UTF8.self) == text)
        #expect(try decode("<Whatever>z</Whatever>") == .unknown(PSUnknown(tag: "Whatever", text: "z")))
        #expect(try decode("<Obj><LST><T>a</T></LST></Obj>").values == [.unknown(PSUnknown(tag: "T", text: "a"))])
    }

    @Test(arguments: [
        ("I32", "2147483648"), ("I32", ""), ("I32", "1.0"), ("I32", " 1"), ("By", "-1"), ("By", "256"), ("SB", "-129"),
        ("U64", "18446744073709551616"), ("I64", "-9223372036854775809"), ("C", "65536"), ("C", "a"), ("B", "yes"),
        ("Db", "1,5"), ("Db", "0x1p3"), ("Db", "infinity"), ("Sg", ""), ("D", "1e5"), ("D", "-"), ("G", "x"),
        ("G", "7d4f8814-e3f2-5932-b69b-709bf247814"), ("G", "7d4f8814-e3f2-5932-b69b-709bf2478146a"), ("BA", "A"),
        ("Version", "1.2.3.4.5"), ("Version", "1..2"), ("Version", "a"),
    ])
    func `a text that does not fit its tag is kept with it`(tag: String, text: String) throws {
        #expect(try decode("<\(tag)>\(text)</\(tag)>") == .unknown(PSUnknown(tag: tag, text: text)))
    }

    @Test func `numbers are read as .NET writes them`() throws {
        #expect(try decode("<Db>1E+20</Db>") == .double(1e20))
        #expect(try decode("<Db>-INF</Db>") == .double(-.infinity))
        #expect(try decode("<Sg>INF</Sg>") == .single(.infinity))
        guard case .double(let number) = try decode("<Db>NaN</Db>") else { return #expect(Bool(false)) }
        #expect(number.isNaN)
        #expect(try decode("<I32>+5</I32>") == .int32(5))
        #expect(try decode("<B>True</B>") == .bool(true))
        #expect(String(decoding: CLIXMLEncoder.encode(.double(1e20)), as: UTF8.self) == "<Db>1E+20</Db>")
        #expect(String(decoding: CLIXMLEncoder.encode(.double(3)), as: UTF8.self) == "<Db>3</Db>")
        #expect(String(decoding: CLIXMLEncoder.encode(.single(-.infinity)), as: UTF8.self) == "<Sg>-INF</Sg>")
        #expect(PSValue.double(1.5e-7).text == "1.5E-07")
    }

    @Test func `a progress record is read in its primitive form`() throws {
        let text =
            "<PR><AV>Preparing modules</AV><AI>0</AI><Nil/><PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR>"
        let record = ProgressRecord(activity: "Preparing modules", status: " ", isCompleted: true)
        #expect(try decode(text) == .progress(record))
        #expect(String(decoding: CLIXMLEncoder.encode(.progress(record)), as: UTF8.self) == text)
        #expect(ProgressRecord(record.value) == record)
        var odd = record
        odd.currentOperation = "_x0041_\n<"
        #expect(try decoder.decode(CLIXMLEncoder.encode(.progress(odd))) == .progress(odd))
        #expect(
            try decode("<PR><AV>x</AV><AI>much</AI></PR>")
                == .unknown(
                    PSUnknown(
                        tag: "PR", children: [PSUnknown(tag: "AV", text: "x"), PSUnknown(tag: "AI", text: "much")])))
    }

    @Test(arguments: [
        "<S>a<I32>1</I32></S>", "<S><New/></S>", "<Nil><S/></Nil>", "<Ref RefId=\"0\"><S/></Ref>",
        "<Obj><TN><S/></TN></Obj>",
        "<Obj><TN><New/></TN></Obj>", "<Obj><DCT><S/></DCT></Obj>", "<Obj><DCT><Obj/></DCT></Obj>",
        "<Obj><TNRef RefId=\"0\"><T/></TNRef></Obj>", "<Obj><ToString><ToString/></ToString></Obj>",
        "<Obj><TN><T><T/></T></TN></Obj>",
    ])
    func `an element where none can be is an error`(text: String) {
        guard case .misplaced = fault(text) else { return #expect(Bool(false), "\(text)") }
    }

    @Test(arguments: [
        "<TN/>", "<T>a</T>", "<Props/>", "<MS><S/></MS>", "<LST/>", "<En/>", "<DCT><En/></DCT>", "<ToString/>",
        "<TNRef RefId=\"0\"/>", "<Obj><MS><Objs/></MS></Obj>", "<Obj><T/></Obj>",
        "<Obj><LST><LST/></LST></Obj>", "<Obj><DCT><En><En/></En></DCT></Obj>", "<Obj><Props><Props/></Props></Obj>",
    ])
    func `a known tag where it means nothing is kept as an unknown one`(text: String) throws {
        let value = try decode(text)
        #expect(try decoder.decode(CLIXMLEncoder.encode(value)) == value)
    }

    @Test func `an object cannot hold two things`() {
        #expect(fault("<Obj><LST/><S/></Obj>") == .secondContent("S"))
        #expect(fault("<Obj><I32>1</I32><I32>1</I32></Obj>") == .secondContent("I32"))
    }

    @Test func `an entry without names or without a value is still an entry`() throws {
        let entries = try decode("<Obj><DCT><En><S>k</S><S>v</S></En><En><S N=\"Value\">v</S></En><En/></DCT></Obj>")
            .entries
        #expect(
            entries == [
                PSEntry(.string("k"), .string("v")), PSEntry(.null, .string("v")), PSEntry(.null, .null),
            ])
    }

    @Test func `references to what is not there are kept`() throws {
        #expect(try decode("<Ref RefId=\"5\"/>") == .reference(5))
        #expect(try decode("<Ref/>") == .reference(-1))
        #expect(try decode("<Ref RefId=\"99999999999999999999\"/>") == .reference(-1))
        #expect(try decode("<Obj><TNRef RefId=\"9\"/></Obj>") == .object(PSObject()))
        #expect(CLIXMLEncoder.encode(.reference(5)) == [UInt8]("<Nil/>".utf8))
    }

    @Test func `a circle comes out as a circle`() throws {
        let text =
            #"<Obj RefId="0"><MS><Obj N="a" RefId="1"><MS><Ref N="up" RefId="0"/><Ref N="me" RefId="1"/></MS></Obj></MS></Obj>"#
        #expect(String(decoding: CLIXMLEncoder.encode(try decode(text)), as: UTF8.self) == text)
        // Numbers need not begin at 0 or go up.
        let renumbered = text.replacing("RefId=\"0\"", with: "RefId=\"77\"")
        #expect(String(decoding: CLIXMLEncoder.encode(try decode(renumbered)), as: UTF8.self) == text)
    }

    @Test func `each limit is refused by name`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<Obj><LST>", count: depth) + String(repeating: "</LST></Obj>", count: depth)
        }
        #expect(fault(nested(32)) == nil)
        guard case .xml(let words) = fault(nested(33)) else { return #expect(Bool(false)) }
        #expect(words.contains("deeper than 64"))
        func list(_ count: Int) -> String { "<Obj><LST>\(String(repeating: "<Nil/>", count: count))</LST></Obj>" }
        #expect(fault(list(999)) == nil)
        #expect(fault(list(1000)) == .tooManyValues(limit: 1000))
        guard case .xml = fault("<S>\(String(repeating: "x", count: 1 << 20))</S>") else { return #expect(Bool(false)) }
    }

    @Test func `references that would multiply are counted as what they stand for`() {
        var bomb = "<Obj><LST><Obj RefId=\"0\"><LST><Nil/></LST></Obj>"
        for id in 1...30 {
            bomb += "<Obj RefId=\"\(id)\"><LST><Ref RefId=\"\(id - 1)\"/><Ref RefId=\"\(id - 1)\"/></LST></Obj>"
        }
        #expect(fault(bomb + "</LST></Obj>") == .tooManyValues(limit: 1000))
    }

    @Test func `a long text that is referred to again counts again`() throws {
        let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 10_000, expandedBytesMax: 20_000))
        func list(_ references: Int) -> [UInt8] {
            let long = "<Obj RefId=\"0\"><ToString>\(String(repeating: "x", count: 5000))</ToString></Obj>"
            let again = String(repeating: "<Ref RefId=\"0\"/>", count: references)
            return [UInt8]("<Obj><LST>\(long)\(again)</LST></Obj>".utf8)
        }
        #expect(try decoder.decode(list(3)).values?.count == 4)
        #expect(throws: CLIXMLError(line: 1, fault: .tooManyBytes(limit: 20_000))) { try decoder.decode(list(4)) }
    }

    @Test func `a decoder goes on after an error with nothing left over`() throws {
        let good = #"<Obj RefId="0"><TN RefId="0"><T>A</T></TN><MS><S N="a">x</S></MS></Obj>"#
        for length in 1..<good.utf8.count {
            #expect(fault(String(good.prefix(length))) != nil, "\(length)")
            #expect(try decode(#"<Obj><TNRef RefId="0"/><MS><Ref N="a" RefId="0"/></MS></Obj>"#)["a"] == .reference(0))
        }
        #expect(try decode(good)["a"] == .string("x"))
    }

    @Test func `one flipped bit gives a value or an error`() {
        for sample in SerializedByPSRPCore.samples {
            var text = [UInt8](sample.text.utf8)
            for index in text.indices {
                for bit in [index % 8, (index + 3) % 8] {
                    text[index] ^= 1 << bit
                    if let value = try? decoder.decode(text) {
                        let again = try? decoder.decode(CLIXMLEncoder.encode(value))
                        #expect(again != nil, "\(sample.name) \(index) \(bit)")
                    }
                    text[index] ^= 1 << bit
                }
            }
        }
    }
}
