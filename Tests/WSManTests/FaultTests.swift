import HTTP
import Testing
import WSMan

@Suite struct FaultClassTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var code: UInt32?
        var subcode: String?
        var text = ""
        var subject = Fault.Subject.shell
        var expected: FaultClass

        var testDescription: String { "\(code ?? 0) \(subcode ?? "-") \(text.prefix(60)) -> \(expected)" }
    }

    static let general = "The WS-Management service cannot process the request. "
    static let selectors =
        "The WS-Management service cannot process the request because the request contained invalid "
        + "selectors for the resource. "
    static let shellNotFound =
        "The request for the Windows Remote Shell with ShellId 91564AC3-CEAF-4C7A-B58C-82BC2528BD54 "
        + "failed because the shell was not found on the server. Possible causes are: the specified ShellId is incorrect or "
        + "the shell no longer exists on the server."
    static let commandNotFound =
        "The Windows Remote Shell received a request to perform an operation on a command identifier "
        + "that does not exist. Either the command has completed execution or the client specified an invalid command "
        + "identifier."
    static let perUser =
        general + "The maximum number of concurrent shells for this user has been exceeded. Close existing "
        + "shells or raise the quota for this user."
    static let perTenant =
        general + "The maximum number of concurrent shells for this tenant has been exceeded. Close "
        + "existing shells or raise the quota for this tenant."
    static let exchange =
        "[AuthZRequestId=6a8828f9][FailureCategory=AuthZ-AuthorizationException] Fail to create a runspace "
        + "because you have exceeded the maximum number of connections allowed : 3 for the policy party : MaxConcurrency. "
        + "Please close existing runspace and try again.\nPolicy: CN=GlobalThrottlingPolicy_dfd9; \nSnapshot: Owner:\tSid~x\n"
        + "BudgetType:\tWSMan\nActiveRunspaces:\t3/3\nBalance:\t600000/1800000/-3000000"

    static func allowed(_ number: Int, of what: String = "shells") -> String {
        general
            + "This user is allowed a maximum number of \(number) concurrent \(what), which has been exceeded. Close "
            + "existing shells or raise the quota for this user."
    }

    static let cases: [Case] = [
        // Shells of a user.
        Case(code: 2_150_859_173, subcode: "w:QuotaLimit", expected: .quotaUser(limit: nil)),
        Case(code: 2_150_859_173, subcode: "w:QuotaLimit", text: perUser, expected: .quotaUser(limit: nil)),
        Case(code: 2_150_859_173, subcode: "w:QuotaLimit", text: allowed(5), expected: .quotaUser(limit: 5)),
        Case(code: 2_150_859_173, text: allowed(18).uppercased(), expected: .quotaUser(limit: 18)),
        Case(code: 2_150_859_173, text: "Die maximale Anzahl ist erreicht.", expected: .quotaUser(limit: nil)),
        Case(code: 2_150_859_236, expected: .quotaUser(limit: nil)),
        Case(subcode: "w:QuotaLimit", text: perUser, expected: .quotaUser(limit: nil)),
        Case(text: allowed(3), expected: .quotaUser(limit: 3)),
        Case(
            text: "This user is allowed a maximum of 18 concurrent shells, which has been exceeded.",
            expected: .quotaUser(limit: 18)),
        Case(
            text: "Beim Verbinden ist folgender Fehler aufgetreten: \(perUser) Weitere Informationen ...",
            expected: .quotaUser(limit: nil)),
        Case(
            subcode: "w:QuotaLimit",
            text:
                "The Windows Remote Shell cannot process the request. The server is already executing the maximum number of "
                + "concurrent shells a user can remotely open on the same system. Retry later.",
            expected: .quotaUser(limit: nil)),
        Case(text: allowed(99_999).replacing("99999", with: "99999999999999999999"), expected: .quotaUser(limit: nil)),
        // Shells of an organization: the code is that of a user, and the text tells.
        Case(code: 2_150_859_173, subcode: "w:QuotaLimit", text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(subcode: "w:QuotaLimit", text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(
            text: "A maximum of 9 concurrent shells for this tenant has been exceeded.",
            expected: .quotaTenant(limit: 9)),
        // Exchange.
        Case(text: exchange, expected: .quotaExchange(active: 3, allowed: 3, party: "MaxConcurrency")),
        Case(
            code: 2_150_859_173, text: exchange,
            expected: .quotaExchange(active: 3, allowed: 3, party: "MaxConcurrency")),
        Case(
            text:
                "exceeded the maximum number of connections allowed : 18 for the policy party : MaxTenantConcurrency.",
            expected: .quotaExchange(active: nil, allowed: 18, party: "MaxTenantConcurrency")),
        Case(
            text: "the policy party : ActiveRunspaces:\t5/",
            expected: .quotaExchange(active: 5, allowed: nil, party: "ActiveRunspaces:")),
        // Others' shells, and everything together.
        Case(code: 2_150_859_179, expected: .quotaUsers),
        Case(code: 2_150_859_237, expected: .quotaUsers),
        Case(
            subcode: "w:QuotaLimit",
            text:
                "The server exceeded the maximum number of users concurrently performing remote operations on the same "
                + "system. Retry later.", expected: .quotaUsers),
        Case(
            text: "The maximum number of users (5) executing shell operations has been exceeded.", expected: .quotaUsers
        ),
        Case(code: 2_150_859_238, expected: .quotaEndpoint),
        Case(code: 2_150_859_238, text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(code: 2_150_859_176, expected: .throttled(delay: nil)),
        Case(code: 2_150_858_815, subcode: "w:QuotaLimit", expected: .quotaUnspecified),
        Case(code: 2_150_858_815, text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(subcode: "w:QuotaLimit", text: "Le quota est atteint.", expected: .quotaUnspecified),
        // Operations, commands, speed.
        Case(
            code: 2_150_859_174, subcode: "w:QuotaLimit", text: allowed(15, of: "operations"),
            expected: .operationsQuota),
        Case(subcode: "w:QuotaLimit", text: allowed(15, of: "operations"), expected: .operationsQuota),
        Case(code: 2_150_859_239, expected: .operationsQuota),
        Case(code: 2_150_859_240, expected: .operationsQuota),
        Case(code: 2_150_859_241, expected: .commandsQuota),
        Case(
            subcode: "w:QuotaLimit", text: "The maximum number of concurrent commands per shell has been exceeded.",
            expected: .commandsQuota),
        Case(code: 2_150_859_175, expected: .throttled(delay: nil)),
        Case(
            text: "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 21956 msecs",
            expected: .throttled(delay: .milliseconds(21956))),
        Case(text: "Micro delay applied. Actual delayed: 99999999999 msecs", expected: .throttled(delay: nil)),
        // Gone, or elsewhere.
        Case(code: 2_150_858_843, subcode: "w:InvalidSelectors", text: selectors + shellNotFound, expected: .shellGone),
        Case(
            code: 2_150_858_843, subcode: "w:InvalidSelectors", text: shellNotFound, subject: .command,
            expected: .shellGone),
        Case(code: 2_150_858_843, text: selectors + commandNotFound, expected: .commandGone),
        Case(code: 2_150_858_843, text: "Shell wurde nicht gefunden.", expected: .shellGone),
        Case(code: 2_150_858_843, text: "Nicht gefunden.", subject: .command, expected: .commandGone),
        Case(code: 2_150_858_843, expected: .shellGone),
        Case(code: 2_150_858_843, subcode: "w:InvalidSelectors", text: selectors, expected: .badSelectors),
        Case(
            code: 2_150_858_843,
            text: "The Windows Remote Shell cannot process the request because it requires the "
                + "following selector: ShellId.", expected: .badSelectors),
        Case(subcode: "w:InvalidSelectors", expected: .badSelectors),
        Case(subcode: "w:InvalidSelectors", text: selectors + shellNotFound, expected: .shellGone),
        Case(text: "ERROR_WSMAN_INVALID_SELECTORS: \(selectors)", expected: .badSelectors),
        Case(text: "[FailureCategory=WSMan-InvalidShellID] \(shellNotFound)", expected: .shellGone),
        Case(text: shellNotFound, expected: .shellGone),
        Case(code: 995, subcode: "w:InternalError", expected: .aborted),
        Case(
            text: "The I/O operation has been aborted because of either a thread exit or an application request.",
            expected: .aborted),
        Case(code: 2_150_859_230, expected: .streamDisconnected),
        Case(code: 2_150_858_798, expected: .identifierInUse),
        Case(
            subcode: "w:InternalError", text: "PowerShell plugin operation is shutting down. This may happen if ...",
            expected: .shuttingDown),
        // Not wanted.
        Case(code: 5, subcode: "w:AccessDenied", text: "Access is denied. ", expected: .accessDenied),
        Case(code: 2_147_942_405, expected: .accessDenied),
        Case(subcode: "w:AccessDenied", expected: .accessDenied),
        Case(text: "Starting a command on the remote server failed: Access is denied.", expected: .accessDenied),
        Case(code: 1326, expected: .logonFailed),
        Case(text: "Logon failed for the user 'kenmyer@litwareinc.com'. Please create ...", expected: .logonFailed),
        Case(
            code: 5,
            text: "The user 'user@foo.com' does not have permission to manage this tenant. Permissions can ...",
            expected: .notAnAdministrator),
        Case(
            text:
                "The ability to connect to this tenant by using a remote PowerShell session has been disabled. Please "
                + "contact Lync Help to check Tenant Powershell Policy of this tenant.", expected: .remotingDisabled),
        Case(code: 2_150_859_180, expected: .remotingDisabled),
        Case(code: 2_150_858_811, subcode: "a:DestinationUnreachable", expected: .resourceUnknown),
        Case(
            code: 2_150_859_161,
            text: "The request was redirected to the following URI: \"https://ps.example/PowerShell\" ",
            expected: .redirected(location: "https://ps.example/PowerShell")),
        Case(code: 2_150_859_178, expected: .redirected(location: nil)),
        // Sizes, times, mistakes.
        Case(code: 2_150_858_793, subcode: "w:TimedOut", expected: .pollTimedOut),
        Case(subcode: "w:TimedOut", expected: .pollTimedOut),
        Case(subcode: "TimedOut", expected: .pollTimedOut),
        Case(
            text:
                "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.",
            expected: .pollTimedOut),
        Case(code: 2_150_858_790, expected: .envelopeTooLarge),
        Case(code: 2_150_858_824, subcode: "w:EncodingLimit", expected: .envelopeTooLarge),
        Case(subcode: "w:EncodingLimit", expected: .envelopeTooLarge),
        Case(code: 2_150_858_767, subcode: "a:InvalidMessageInformationHeader", expected: .malformedRequest),
        Case(code: 2_150_858_817, subcode: "w:SchemaValidationError", expected: .malformedRequest),
        Case(code: 2_150_858_755, subcode: "w:InternalError", expected: .pluginFailure),
        Case(code: 2_147_942_402, subcode: "w:InternalError", expected: .pluginFailure),
        // A code counts for more than a text of another kind, and an unknown one for less than its subcode.
        Case(code: 2_150_858_793, text: perUser, expected: .pollTimedOut),
        Case(code: 4_000_000_000, subcode: "w:QuotaLimit", text: perTenant, expected: .quotaTenant(limit: nil)),
        Case(code: 4_000_000_000, subcode: "w:Other", text: "x", expected: .unknown(code: 4_000_000_000, text: "x")),
        Case(expected: .unknown(code: nil, text: "")),
    ]

    @Test(arguments: cases) func `a fault is classified from its envelope on`(fault: Case) throws {
        let text = fault.text.replacing("<", with: "&lt;")
        // Texts come as Message where there is a code, and as Reason otherwise.
        let answer = Samples.fault(
            code: fault.code, subcode: fault.subcode, reason: fault.code == nil ? text : "",
            message: fault.code == nil || text.isEmpty ? nil : text)
        guard case .fault(let parsed) = try Response(answer, to: Samples.request(.get), limits: Samples.limits) else {
            Issue.record("no fault")
            return
        }
        #expect(parsed.classify(about: fault.subject) == fault.expected)
    }

    @Test func `texts that come without a fault are recognized too`() {
        #expect(FaultClass.recognize(in: Self.exchange)?.isShellQuota == true)
        #expect(FaultClass.recognize(in: "WARNING: Micro delay applied.") == .throttled(delay: nil))
        #expect(FaultClass.recognize(in: "The term 'Get-X' is not recognized as the name of a cmdlet.") == nil)
        #expect(FaultClass.recognize(in: "") == nil)
    }
}

@Suite struct FaultReadingTests {
    func fault(_ detail: String, reason: String = "general", code: String = "s:Receiver") throws -> Fault {
        let body = """
            <s:Fault><s:Code><s:Value>\(code)</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode></s:Code>\
            <s:Reason>\(reason.hasPrefix("<") ? reason : "<s:Text xml:lang=\"en-US\">\(reason)</s:Text>")</s:Reason>\
            <s:Detail>\(detail)</s:Detail></s:Fault>
            """
        let response = try Response(
            Samples.answer(body, status: 500), to: Samples.request(.get), limits: Samples.limits)
        guard case .fault(let fault) = response else { throw ResponseError.emptyBody }
        return fault
    }

    @Test func `every part of a fault is kept`() throws {
        let fault = try fault(
            """
            <w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>\
            <f:WSManFault Code="2150858843" Machine="front.example"><f:Message> particular </f:Message></f:WSManFault>
            """)
        #expect(fault.code == 2_150_858_843)
        #expect(fault.soapCode == "Receiver")
        #expect(fault.subcode == "InternalError")
        #expect(fault.detail == "UnexpectedSelectors")
        #expect(fault.reason == "general")
        #expect(fault.message == "particular")
        #expect(fault.machine == "front.example")
        #expect(fault.activityID == "60D161C2-02EC-0000-5E81-D160EC02D401")
        #expect(fault.text == "particular")
    }

    @Test func `a plug-in's own words are kept beside those of the service`() throws {
        let fault = try fault(
            """
            <f:WSManFault Code="995" Machine="h"><f:Message>outer \
            <f:ProviderFault provider="microsoft.powershell" path="pwrshplugin.dll">their words</f:ProviderFault>\
            </f:Message></f:WSManFault>
            """)
        #expect(fault.message == "outer")
        #expect(
            fault.provider
                == Fault.Provider(name: "microsoft.powershell", path: "pwrshplugin.dll", text: "their words"))
    }

    @Test func `a fault inside a plug-in's fault says what happened`() throws {
        let fault = try fault(
            """
            <f:WSManFault Code="2150858755" Machine="h"><f:Message><f:ProviderFault provider="p" path="d">\
            <f:WSManFault Code="5" Machine="h"><f:Message>Access is denied.</f:Message></f:WSManFault>\
            </f:ProviderFault></f:Message></f:WSManFault>
            """)
        #expect(fault.code == 5)
        #expect(fault.message == "Access is denied.")
        #expect(fault.provider?.name == "p")
        #expect(fault.classify() == .accessDenied)
    }

    @Test(arguments: [
        "<p:error_Code>2150859173</p:error_Code>", "<p:error_Code>-2144108123</p:error_Code>",
        "<p:MessageID>HRESULT 0x803381a5</p:MessageID>", "<p:MessageID>HRESULT 0x803381A5</p:MessageID>",
    ])
    func `a WMI error has the same code elsewhere`(code: String) throws {
        let fault = try fault("<p:MSFT_WmiError>\(code)<p:Message>too many</p:Message></p:MSFT_WmiError>")
        #expect(fault.code == 2_150_859_173)
        #expect(fault.message == "too many")
    }

    @Test(arguments: ["-1", "4294967296", "0x5", "", "five", " 5"])
    func `a code that is no number is none`(code: String) throws {
        #expect(try fault("<f:WSManFault Code=\"\(code)\"/>").code == nil)
    }

    @Test func `English is taken where reasons come in several languages`() throws {
        let reasons = "<s:Text xml:lang=\"de-DE\">nein</s:Text><s:Text xml:lang=\"EN-us\">no</s:Text>"
        #expect(try fault("", reason: reasons).reason == "no")
        #expect(try fault("", reason: "<s:Text xml:lang=\"de-DE\">nein</s:Text>").reason == "nein")
    }

    @Test func `a text of any length is kept up to a bound`() throws {
        let text = String(repeating: "ü", count: 5000)
        #expect(try fault("", reason: text).reason == String(repeating: "ü", count: 4096))
        #expect(try fault("", reason: "a" + text).reason?.hasSuffix("\u{FFFD}") == true)
    }

    @Test func `an empty fault is a fault all the same`() throws {
        let response = try Response(
            Samples.answer("<s:Fault/>", status: 500), to: Samples.request(.get), limits: Samples.limits)
        guard case .fault(let fault) = response else {
            Issue.record("no fault")
            return
        }
        #expect(fault.classify() == .unknown(code: nil, text: ""))
    }
}
