import Testing
import XML

@testable import UsherLab

/// The small machines of the edge: accounts, troubles, addresses, options.
@Suite struct EdgeWordsTests {
    private func basic(_ text: String) -> String {
        "Basic " + String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `a password opens the doors that take one`() {
        let accounts = Accounts(passwords: ["ken@lab": "secret"])
        let right = basic("KEN@lab:secret")
        #expect(accounts.user(authorization: right, takesPasswords: true, at: .zero) == "ken@lab")
        #expect(accounts.user(authorization: right, takesPasswords: false, at: .zero) == nil)
        #expect(accounts.user(authorization: basic("ken@lab:wrong"), takesPasswords: true, at: .zero) == nil)
        #expect(accounts.user(authorization: nil, takesPasswords: true, at: .zero) == nil)
    }

    @Test func `a token is got for a password and ends`() {
        var accounts = Accounts(passwords: ["ken@lab": "secret"])
        accounts.tokenLifetime = .seconds(10)
        #expect(accounts.token(for: "ken@lab", password: "wrong", text: "t", at: .zero) == nil)
        #expect(accounts.token(for: "ken@lab", password: "secret", text: "t", at: .zero) == "t")
        for way in [basic("oauth:t"), basic("ken@lab:Bearer t"), "Bearer t"] {
            #expect(accounts.user(authorization: way, takesPasswords: false, at: .seconds(9)) == "ken@lab")
            #expect(accounts.user(authorization: way, takesPasswords: false, at: .seconds(10)) == nil)
        }
        #expect(accounts.user(authorization: basic("dana@lab:Bearer t"), takesPasswords: false, at: .zero) == nil)
    }

    private func order(_ query: String, isReused: Bool = false) -> HTTPQuestion {
        HTTPQuestion(
            method: "POST", path: "/trouble", query: FormText.fields(query[...]), fields: [:], isReused: isReused,
            isPlain: true)
    }

    @Test func `a trouble comes as often as it was told to, to its own kind`() throws {
        var troubles = Troubles()
        try troubles.add(Trouble(order("on=Create&do=delay&by=2s&times=2")))
        #expect(troubles.take(["delete"], isReused: false) == nil)
        for _ in 1...2 {
            guard case .delay(.seconds(2))? = troubles.take(["create"], isReused: false) else {
                Issue.record("it does not come")
                return
            }
        }
        #expect(troubles.take(["create"], isReused: false) == nil)
        try troubles.add(Trouble(order("on=Command&do=lose&reused=true")))
        #expect(troubles.take(["command"], isReused: false) == nil)
        #expect(troubles.take(["command"], isReused: true) != nil)
        #expect(throws: ControlRefusal.self) { _ = try Trouble(order("on=Coffee&do=cut")) }
        #expect(throws: ControlRefusal.self) { _ = try Trouble(order("on=Create&do=delay&by=soon")) }
    }

    @Test func `addresses and durations are read as people write them`() {
        #expect(LabAddress("127.0.0.1:443") == LabAddress("443"))
        #expect(LabAddress("[::1]:0")?.host == "::1")
        #expect(LabAddress("localhost") == nil && LabAddress("h:70000") == nil)
        #expect(DurationText.parse("500ms") == .milliseconds(500) && DurationText.parse("15m") == .seconds(900))
        #expect(DurationText.parse("5 s") == nil && DurationText.parse("") == nil)
        #expect(FormText.unescape("a%40b+c%zz") == "a@b c%zz" && FormText.escape("a@b c") == "a%40b%20c")
    }

    @Test func `options are refused by name`() throws {
        let options = try LabOptions(["--sessions-per-admin=5", "--over-limit", "hang", "--user", "Ken=a=b"])
        #expect(options.limits.sessionsPerAdmin == 5 && options.limits.overLimit == .hang)
        #expect(options.users == ["ken": "a=b"])
        for wrong in [["--over-limit", "maybe"], ["--listen"], ["--what", "1"], ["word"], ["--user", "ken"]] {
            #expect(throws: ControlRefusal.self) { _ = try LabOptions(wrong) }
        }
    }

    @Test func `a pattern matches as in PowerShell`() {
        #expect(Wildcard("Get-Cs*User").matches("get-csonlineuser") && Wildcard("*").matches(""))
        #expect(Wildcard("a?c*e").matches("abcde") && !Wildcard("a?c").matches("ac") && !Wildcard("").matches("a"))
        #expect(Wildcard("*ab*ab").matches("abxabab") && !Wildcard("Get-*s").matches("Get-User"))
    }

    @Test func `every cmdlet is named once and can be imported`() {
        let names = Catalogue.all.map(\.name)
        #expect(Set(names).count == names.count && names.count > 50, "\(names.count)")
        #expect(Catalogue.cmdlet(named: "LyncOnline\\get-cstenant")?.name == "Get-CsTenant")
        for cmdlet in Catalogue.all {
            let parameters = cmdlet.metadata.parameters.map { $0.name.lowercased() }
            #expect(Set(parameters).count == parameters.count, "\(cmdlet.name)")
        }
    }

    @Test func `the calendar agrees with the real one`() {
        #expect(Calendar.dateTime(0).description == "1970-01-01T00:00:00Z")
        #expect(Calendar.dateTime(951_782_400).description == "2000-02-29T00:00:00Z")
        #expect(Calendar.dateTime(1_385_000_000).description == "2013-11-21T02:13:20Z")
    }

    @Test func `people are the same each time, and no two share a name`() {
        let directory = Directory(domain: "litwareinc.com", usersCount: 5000, administrators: ["ken@litwareinc.com"])
        let names = (0..<5000).map { directory.person($0).principalName }
        #expect(Set(names).count == 5000 && names[0] == "ken@litwareinc.com")
        #expect(directory.person(identity: "SIP:\(names[77].uppercased())")?.index == 77)
    }
}
