import Testing
import UsherAPI

/// What a script can tell apart.
@Suite struct ExitStatusTests {
    @Test func `the statuses are those of the table`() {
        #expect(
            UsherAPI.ExitStatus.allCases.map { "\($0) \($0.rawValue)" } == [
                "done 0", "failed 1", "usage 64", "badData 65", "unavailable 69", "bug 70", "tryAgainLater 75",
                "protocolBroken 76", "notPermitted 77", "configuration 78", "sessionEnded 79", "interrupted 130",
                "outputClosed 141",
            ])
    }

    @Test(arguments: [
        (APIError.quotaExceeded, UsherAPI.ExitStatus.tryAgainLater), (.waitTimeout, .tryAgainLater),
        (.tenantLocked, .notPermitted), (.tenantThrottled, .tryAgainLater), (.tooManyRequests, .tryAgainLater),
        (.draining, .tryAgainLater),
        (.stateUnavailable, .unavailable), (.tenantUnknown, .usage), (.adminUnknown, .usage),
        (.notAuthorized, .notPermitted), (.sessionUnknown, .usage), (.sessionAmbiguous, .usage),
        (.sessionExpired, .sessionEnded), (.sessionBusy, .tryAgainLater), (.tenantUnreachable, .unavailable),
        (.tenantFull, .tryAgainLater), (.credentialMissing, .notPermitted), (.credentialRejected, .notPermitted),
        (.nothingRuns, .usage), (.tenantForbids, .notPermitted), (.tenantBusy, .tryAgainLater),
        (.invocationUncertain, .unavailable), (.outputTooLarge, .badData),
    ])
    func `each error has its status`(error: APIError, status: UsherAPI.ExitStatus) {
        #expect(error.exitStatus == status)
    }

    @Test func `the table above has every error`() { #expect(APIError.allCases.count == 23) }
}

@Suite struct SocketPathTests {
    @Test(
        arguments: [
            ("/run/user/1000", "/home/ken", "/run/user/1000/usher-lab"),
            (nil, "/home/ken", "/home/ken/.local/state/usher-lab"),
            ("", "/home/ken", "/home/ken/.local/state/usher-lab"),
            ("relative", "/home/ken", "/home/ken/.local/state/usher-lab"),
            ("/run/user/1000", nil, "/run/user/1000/usher-lab"),
            (nil, "relative", nil), (nil, "", nil), (nil, nil, nil),
        ] as [(String?, String?, String?)])
    func `a user's own socket lies in a directory of his`(runtime: String?, home: String?, directory: String?) {
        #expect(SocketPath.labDirectory(runtimeDirectory: runtime, home: home) == directory)
    }

    @Test func `the system's socket is where systemd makes it`() {
        #expect(SocketPath.system == "/run/usher/broker.sock" && SocketPath.labName == "broker.sock")
    }
}
