/// Which fault is which: the only place that knows numbers and sentences.
enum FaultTable {
    /// Codes of Windows (wsmerror.h, winerror.h) that a server sends.
    static let codes: [UInt32: FaultClass] = [
        // Quotas: shells of a user, by the service and by the endpoint ("per plug-in quota").
        2_150_859_173: .quotaUser(limit: nil),
        2_150_859_236: .quotaUser(limit: nil),
        // Users with shells, by the service and by the endpoint.
        2_150_859_179: .quotaUsers,
        2_150_859_237: .quotaUsers,
        // Shells of the endpoint; the least that a plug-in needs is not there.
        2_150_859_238: .quotaEndpoint,
        2_150_859_242: .quotaEndpoint,
        2_150_858_815: .quotaUnspecified,
        // Operations of a user, of the endpoint, of a user at the endpoint.
        2_150_859_174: .operationsQuota,
        2_150_859_239: .operationsQuota,
        2_150_859_240: .operationsQuota,
        // Requests per time, of a user and of all together.
        2_150_859_175: .throttled(delay: nil),
        2_150_859_176: .throttled(delay: nil),
        2_150_859_241: .commandsQuota,
        // Unexpected selectors: the id of a shell or of a command is unknown, and the text tells which.
        2_150_858_843: .shellGone,
        2_150_858_842: .badSelectors,
        2_150_858_844: .badSelectors,
        2_150_858_845: .badSelectors,
        // ERROR_OPERATION_ABORTED and ERROR_CANCELLED: closed under a pending Receive.
        995: .aborted,
        1223: .aborted,
        2_150_859_230: .streamDisconnected,
        2_150_859_204: .streamDisconnected,
        2_150_858_798: .identifierInUse,
        // ERROR_ACCESS_DENIED as it is and as HRESULT; a privilege not held; the authorization changed; unmapped.
        5: .accessDenied,
        2_147_942_405: .accessDenied,
        1314: .accessDenied,
        2_150_859_177: .accessDenied,
        2_150_858_909: .accessDenied,
        1326: .logonFailed,
        2_147_943_726: .logonFailed,
        2_150_859_180: .remotingDisabled,
        2_150_858_752: .resourceUnknown,
        2_150_858_811: .resourceUnknown,
        2_150_859_161: .redirected(location: nil),
        2_150_859_178: .redirected(location: nil),
        2_150_858_790: .envelopeTooLarge,
        2_150_858_824: .envelopeTooLarge,
        2_150_858_825: .envelopeTooLarge,
        2_150_858_793: .pollTimedOut,
        // Header, schema, XML, action.
        2_150_858_767: .malformedRequest,
        2_150_858_817: .malformedRequest,
        2_150_858_819: .malformedRequest,
        2_150_858_753: .malformedRequest,
        // The service; file not found in a plug-in; the profile was unloaded under the shell.
        2_150_858_755: .pluginFailure,
        2_147_942_402: .pluginFailure,
        2_147_943_418: .pluginFailure,
    ]

    /// DSP0226 14.6, MS-WSMV 2.2.4.43; local names are enough, no two namespaces share one.
    static let subcodes: [String: FaultClass] = [
        "QuotaLimit": .quotaUnspecified,
        "Concurrency": .operationsQuota,
        "TimedOut": .pollTimedOut,
        "InvalidSelectors": .badSelectors,
        "AccessDenied": .accessDenied,
        "EncodingLimit": .envelopeTooLarge,
        "DestinationUnreachable": .resourceUnknown,
        "ActionNotSupported": .malformedRequest,
        "InvalidMessageInformationHeader": .malformedRequest,
        "MessageInformationHeaderRequired": .malformedRequest,
        "SchemaValidationError": .malformedRequest,
        "InvalidOptions": .malformedRequest,
        "InvalidParameter": .malformedRequest,
        "InternalError": .pluginFailure,
    ]

    /// Parts of sentences, those that say more before those that say less.
    static let texts: [(part: String, meaning: @Sendable (FaultText) -> FaultClass)] = [
        // Exchange, in an error record or a fault: "... maximum number of connections allowed : 3 for the policy
        // party : MaxConcurrency ... ActiveRunspaces: 3/3".
        ("policy party", exchange),
        ("maximum number of connections allowed", exchange),
        // A warning of throttled cmdlets: "Micro delay applied. Actual delayed: 21956 msecs".
        ("micro delay applied", throttled),
        // Lync Online, by tenant, and by user; WinRM with the number; Exchange 2010 in other words.
        ("concurrent shells for this tenant", { .quotaTenant(limit: $0.number(before: " concurrent shells")) }),
        ("concurrent shells for this user", { .quotaUser(limit: $0.number(before: " concurrent shells")) }),
        // MS-WSMV 3.1.4.5.2.1, and event 84 of WinRM.
        ("maximum number of concurrent shells a user can", { _ in .quotaUser(limit: nil) }),
        ("maximum number of users concurrently performing", { _ in .quotaUsers }),
        ("maximum number of users", { _ in .quotaUsers }),
        ("concurrent commands", { _ in .commandsQuota }),
        ("concurrent operations", { _ in .operationsQuota }),
        ("allowed a maximum", user),
        ("maximum number of concurrent shells", { .quotaUser(limit: $0.number(before: " concurrent shells")) }),
        ("shell was not found on the server", { _ in .shellGone }),
        // The category that Exchange's front end writes before its messages.
        ("wsman-invalidshellid", { _ in .shellGone }),
        ("command identifier that does not exist", { _ in .commandGone }),
        ("supplied command context is not valid", { _ in .commandGone }),
        ("supplied shell context is not valid", { _ in .shellGone }),
        ("requires the following selector", { _ in .badSelectors }),
        ("invalid selectors for the resource", { _ in .badSelectors }),
        ("does not have permission to manage this tenant", { _ in .notAnAdministrator }),
        ("check tenant powershell policy", { _ in .remotingDisabled }),
        ("using a remote powershell session has been disabled", { _ in .remotingDisabled }),
        ("logon failed for the user", { _ in .logonFailed }),
        ("user name or password is incorrect", { _ in .logonFailed }),
        ("within the time specified in operationtimeout", { _ in .pollTimedOut }),
        ("operation is shutting down", { _ in .shuttingDown }),
        ("i/o operation has been aborted", { _ in .aborted }),
        ("redirected to the following uri", { .redirected(location: $0.word(after: "following uri")) }),
        ("access is denied", { _ in .accessDenied }),
    ]

    private static let exchange: @Sendable (FaultText) -> FaultClass = { text in
        let active = text.numbers(after: "activerunspaces")
        let allowed = text.numbers(after: "connections allowed")?.first ?? active?.second
        let party = text.word(after: "policy party", bytesMax: 64).map {
            $0.hasSuffix(".") ? String($0.dropLast()) : $0
        }
        return .quotaExchange(active: active?.first, allowed: allowed, party: party)
    }

    private static let throttled: @Sendable (FaultText) -> FaultClass = { text in
        // No service holds a cmdlet for a day: more is no delay but a mistake, and must not become ours.
        let delay = text.numbers(after: "actual delayed").flatMap { $0.first < 86_400_000 ? $0.first : nil }
        return .throttled(delay: delay.map { .milliseconds($0) })
    }

    private static let user: @Sendable (FaultText) -> FaultClass = { text in
        let limit = text.number(before: " concurrent shells")
        return text.contains("concurrent shells") ? .quotaUser(limit: limit) : .quotaUnspecified
    }
}
