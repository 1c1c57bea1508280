import Glibc
import LocalSocket
import Testing

/// The socket's file, and what may lie in its place.
@Suite struct ListenerTests {
    /// A socket as somebody else makes it.
    private func rawSocket(at path: String, listening: Bool) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un(path: path)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        if listening { try #require(listen(descriptor, 5) == 0) }
        return descriptor
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    private func expectWorks(_ office: Office, at location: SourceLocation = #_sourceLocation) throws {
        let visitor = try #require(Visitor(office.path), sourceLocation: location)
        visitor.call("a.Echo", 1)
        #expect(visitor.receive(1) == [1], sourceLocation: location)
    }

    @Test(arguments: [mode_t(0o666), 0o660, 0o600])
    func `the file has the mode it was asked for`(_ mode: mode_t) throws {
        let office = try Office { try BoundSocket(path: $0, mode: UInt32(mode)) }
        #expect(status(office.path)?.st_mode == S_IFSOCK | mode)
        try expectWorks(office)
    }

    @Test func `a file that nobody listens at any more is replaced`() throws {
        for listening in [true, false] {
            let office = try Office { path in
                close(try rawSocket(at: path, listening: listening))
                return try BoundSocket(path: path, mode: 0o666)
            }
            try expectWorks(office)
        }
    }

    @Test func `a socket at which another program listens is left to it`() throws {
        let office = try Office()
        let trouble = #expect(throws: SocketTrouble.self) { _ = try BoundSocket(path: office.path, mode: 0o666) }
        #expect(trouble?.description == "Another program listens at \(office.path) already")
        try expectWorks(office)
    }

    @Test func `a socket whose program is too busy to accept is left to it`() throws {
        let directory = makeDirectory()
        let path = directory + "/socket"
        let descriptor = try rawSocket(at: path, listening: false)
        listen(descriptor, 0)
        let first = Visitor(path)
        #expect(throws: SocketTrouble.self) { _ = try BoundSocket(path: path, mode: 0o666) }
        #expect(status(path) != nil && first != nil)
        close(descriptor)
        unlink(path)
        rmdir(directory)
    }

    @Test func `a file that is no socket is left alone`() throws {
        let directory = makeDirectory()
        let path = directory + "/socket"
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        let link = directory + "/link"
        symlink(path, link)
        for place in [path, link] {
            let trouble = #expect(throws: SocketTrouble.self) { _ = try BoundSocket(path: place, mode: 0o666) }
            #expect(trouble?.description == "Could not listen at \(place): Address already in use")
        }
        #expect(status(path)?.st_mode == S_IFREG | 0o600)
        #expect(status(link).map { $0.st_mode & S_IFMT } == S_IFLNK)
        for place in [path, link] { unlink(place) }
        rmdir(directory)
    }

    @Test func `a path that is too long is said to be`() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        let trouble = #expect(throws: SocketTrouble.self) { _ = try BoundSocket(path: path, mode: 0o666) }
        #expect(
            trouble?.description
                == "The socket path \(path) is longer than the 107 bytes a socket can have")
    }

    @Test func `a directory that is not there is told of`() {
        let path = "/nonexistent/directory/socket"
        let trouble = #expect(throws: SocketTrouble.self) { _ = try BoundSocket(path: path, mode: 0o666) }
        #expect(trouble?.description == "Could not listen at \(path): No such file or directory")
    }

    @Test func `a socket that was handed to us is served, and its file is its maker's`() throws {
        let office = try Office { BoundSocket(inherited: try rawSocket(at: $0, listening: true)) }
        try expectWorks(office)
        try office.stopListening()
        #expect(status(office.path) != nil)
    }

    @Test func `after the end nobody comes in, and who is there goes on`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Echo", 1)
        #expect(visitor.receive(1) == [1])
        try office.stopListening()
        #expect(status(office.path) == nil && Visitor(office.path) == nil)
        visitor.call("a.Echo", 2)
        #expect(visitor.receive(1) == [2])
    }
}
