internal import CLIXML

/// What the tenant allows, and how it says no. All of it may change while the lab runs.
struct LabLimits: Hashable, Sendable {
    var sessionsPerAdmin = 3
    var sessionsPerOrganization = 9
    /// A shell that nobody uses for so long is gone.
    var idleTimeout: Duration = .seconds(900)
    var overLimit = OverLimit.fault
    var hang = Hang.drop
    /// Commands of a shell that were not terminated; one more is refused.
    var commandsPerShell = 1000
    var language = Language.none
    /// Shells and commands get ids of the server's own, and Create is answered tersely, as by PowerShell 2.
    var hasOwnIDs = false
    /// The highest version of the protocol.
    var protocolVersion = ProtocolVersion.v23
    /// The size of a fragment, its header counted.
    var fragmentBytes = 32768
    /// Whether texts begin with a byte order mark.
    var hasByteOrderMark = true
    /// Whether answers are compressed, although nobody asks for that.
    var compresses = false
    /// Whether a shell is found by a cookie only.
    var hasAffinity = false
    /// Whether each pipeline is held back for a moment, and says so.
    var throttles = false

    /// Versions of MS-PSRP that a server may have.
    enum ProtocolVersion: String, CaseIterable, Sendable {
        case v21 = "2.1"
        case v22 = "2.2"
        case v23 = "2.3"

        var version: PSVersion {
            switch self {
            case .v21: PSVersion(2, 1)
            case .v22: PSVersion(2, 2)
            case .v23: PSVersion(2, 3)
            }
        }
    }

    /// What becomes of one shell too many.
    enum OverLimit: String, CaseIterable, Sendable {
        /// It is never answered, or late: see `Hang`.
        case hang
        /// It is refused by a fault.
        case fault
        /// It is made, and its pool goes Broken: Exchange's way.
        case afterCreate = "after-create"
    }

    /// What becomes of a Create that hangs.
    enum Hang: String, CaseIterable, Sendable {
        /// It is forgotten.
        case drop
        /// It is carried out as soon as there is room, whoever waits for it or does not.
        case late
    }

    /// Waiting longer than this is not done for anybody (MaxTimeoutms of WinRM).
    static let receiveTimeoutMax: Duration = .seconds(60)
}
