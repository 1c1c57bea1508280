import Glibc
import Testing
import UsherCore
import UsherStore

/// A disk that is full or read-only: a small file system of its own where we may mount one, and where root's own way
/// round permissions does not hide what we are after.
@Suite struct DiskTests {
    @Test func `a full disk is told of, and things go on when there is room again`() throws {
        guard let disk = SmallDisk() else { return }
        let folder = disk.folder
        let journal = folder.life()
        let seat = SessionRecord.sample(1, since: folder.clock.now)
        try journal.write([.held([], nextSession: .first), .taken(seat)])
        disk.fill()
        let purpose = (2...2000).map { UsherCore.Record.taken(.sample(UInt64($0), since: folder.clock.now)) }
        let trouble = #expect(throws: JournalTrouble.self) { try journal.write(purpose) }
        #expect(trouble?.description.hasPrefix("The journal \(folder.file) cannot be used: ") == true)
        #expect(
            trouble?.description.hasSuffix("Free space on its file system; grants go on by themselves then.") == true)
        disk.free()
        try journal.write([.held([seat], nextSession: .nth(2))])
        #expect(try journal.read().inAnyLife == JournalContents(sessions: [seat], nextSession: .nth(2)))
    }

    @Test func `a disk that is full at the start is told of, and made use of when there is room`() throws {
        guard let disk = SmallDisk() else { return }
        disk.fill()
        let journal = disk.folder.life()
        let trouble = #expect(throws: JournalTrouble.self) { try journal.read() }
        #expect(trouble?.description.contains("Free space on its file system") == true)
        disk.free()
        #expect(try journal.read().inAnyLife == JournalContents())
    }

    @Test func `a disk that turned read-only is told of, and used when it can be written again`() throws {
        guard let disk = SmallDisk() else { return }
        let folder = disk.folder
        try folder.write([.taken(.sample(1, since: folder.clock.now))])
        disk.mount(options: UInt(MS_REMOUNT | MS_RDONLY))
        let journal = folder.life()
        let trouble = #expect(throws: JournalTrouble.self) { try journal.read() }
        #expect(trouble?.description.contains("Read-only file system") == true)
        #expect(trouble?.description.contains("writable for the user of usherd") == true)
        disk.mount(options: UInt(MS_REMOUNT))
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(1)])
    }

    @Test func `a directory that may not be written to is told of`() throws {
        guard geteuid() != 0 else { return print("NOT RUN: root may write to every directory") }
        let folder = JournalFolder()
        chmod(folder.path, 0o500)
        let journal = folder.life()
        let trouble = #expect(throws: JournalTrouble.self) { try journal.read() }
        #expect(trouble?.description.contains("Permission denied") == true)
        chmod(folder.path, 0o700)
        #expect(try journal.read().inAnyLife == JournalContents())
    }
}

/// A megabyte with a journal on it.
private final class SmallDisk {
    let folder = JournalFolder()

    /// Nil, and said so, where nothing may be mounted.
    init?() {
        guard mount() else {
            print("NOT RUN: no file system may be mounted here: \(String(cString: strerror(errno)))")
            return nil
        }
    }

    deinit {
        for name in folder.names { unlink(folder.path + "/" + name) }
        umount2(folder.path, Int32(MNT_DETACH))
    }

    @discardableResult
    func mount(options: UInt = 0) -> Bool { Glibc.mount("usher-test", folder.path, "tmpfs", options, "size=1m") == 0 }

    func fill() {
        let file = open(folder.path + "/ballast", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let bytes = [UInt8](repeating: 1, count: 4096)
        while write(file, bytes, bytes.count) > 0 {}
        close(file)
    }

    func free() { unlink(folder.path + "/ballast") }
}
