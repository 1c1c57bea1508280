import Glibc
public import UsherCore

/// Who the users and groups of this host are. Asked once for each name, while the configuration is read.
public protocol Identities {
    /// The user of that name, or nil.
    func uid(ofUser name: String) -> UserID?
    /// The group of that name, or nil.
    func gid(ofGroup name: String) -> GroupID?
}

/// The users and groups as the system knows them: /etc/passwd, or whatever NSS is set up to ask.
public struct SystemIdentities: Identities, Sendable {
    public init() {}

    public func uid(ofUser name: String) -> UserID? {
        lookUp { buffer, length in
            var record = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let error = getpwnam_r(name, &record, buffer, length, &found)
            return (error, found.map { UserID($0.pointee.pw_uid) })
        }
    }

    public func gid(ofGroup name: String) -> GroupID? {
        lookUp { buffer, length in
            var record = group()
            var found: UnsafeMutablePointer<group>?
            let error = getgrnam_r(name, &record, buffer, length, &found)
            return (error, found.map { GroupID($0.pointee.gr_gid) })
        }
    }

    /// Asks with room for the answer's strings, and with more room while that is too little: a group brings all its
    /// members along.
    private func lookUp<ID>(_ ask: (UnsafeMutablePointer<CChar>, Int) -> (error: Int32, id: ID?)) -> ID? {
        var length = 4096
        while length <= 16 << 20 {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: length)
            defer { buffer.deallocate() }
            let (error, id) = ask(buffer, length)
            if error == EINTR { continue }
            guard error == ERANGE else { return id }
            length *= 4
        }
        return nil
    }
}

/// The names that were already looked up: a thousand tenants name the same few people, and each question may go
/// over the network.
struct Acquaintances {
    private let identities: any Identities
    private var users: [String: UserID?] = [:]
    private var groups: [String: GroupID?] = [:]
    /// The names users were written by.
    private(set) var names: [UserID: String] = [:]

    init(_ identities: any Identities) { self.identities = identities }

    /// The user of that name or number, or nil.
    mutating func user(_ name: String) -> UserID? {
        if let known = users[name] { return known }
        let user = Self.number(name).map(UserID.init) ?? identities.uid(ofUser: name)
        users[name] = .some(user)
        // A number is no name; whoever wants one asks the system for it.
        if let user, Self.number(name) == nil { names[user] = name }
        return user
    }

    /// The group of that name or number, or nil.
    mutating func group(_ name: String) -> GroupID? {
        if let known = groups[name] { return known }
        let group = Self.number(name).map(GroupID.init) ?? identities.gid(ofGroup: name)
        groups[name] = .some(group)
        return group
    }

    /// The number that `name` is, or nil. The highest one stands for "no change" in the kernel's calls.
    private static func number(_ name: String) -> UInt32? {
        guard name.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(name), number != .max else {
            return nil
        }
        return number
    }
}
