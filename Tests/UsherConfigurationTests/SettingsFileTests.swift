import Glibc
import Testing

@testable import UsherConfiguration

@Suite struct SettingsFileTests {
    let folder = ConfigurationFolder()

    @Test func `a missing file is a fault that says what to do`() {
        #expect(folder.faultPlaces == ["usher.yaml:1: "])
        #expect(folder.faults[0].message.contains("copy the example"))
        #expect(folder.faults[0].description.hasPrefix("usher.yaml:1: does not exist"))
    }

    @Test(arguments: [0o664, 0o646, 0o622, 0o777] as [mode_t])
    func `a file that others may write is not read`(_ mode: mode_t) {
        folder.write(soundText, mode: mode)
        #expect(folder.faultPlaces == ["usher.yaml:1: "])
        #expect(folder.faults[0].message.contains("chmod go-w"))
    }

    @Test(arguments: [0o600, 0o644, 0o640, 0o444] as [mode_t])
    func `a file that others may at most read is read`(_ mode: mode_t) {
        #expect(folder.write(soundText, mode: mode).faults.isEmpty)
    }

    @Test func `files are root's or ours`() {
        #expect(SettingsFile.distrust(owner: 0, mode: 0o644, ourselves: 990) == nil)
        #expect(SettingsFile.distrust(owner: 990, mode: 0o644, ourselves: 990) == nil)
        let distrust = SettingsFile.distrust(owner: 1001, mode: 0o644, ourselves: 990)
        #expect(distrust?.contains("owned by uid 1001") == true)
        #expect(SettingsFile.distrust(owner: 0, mode: 0o666, ourselves: 990)?.contains("mode 0666") == true)
    }

    @Test func `the files of usher.d and the folder itself are held to the same`() {
        folder.write(soundText)
        folder.write("broker: {}", as: "usher.d/a.yaml", mode: 0o666)
        #expect(folder.faultPlaces == ["usher.d/a.yaml:1: "])
        chmod(folder.path + "/usher.d", 0o777)
        #expect(folder.faultPlaces == ["usher.d:1: "])
    }

    @Test func `what is no file is refused without waiting for it`() {
        mkfifo(folder.main, 0o600)
        #expect(folder.faults.map(\.message) == ["is not a regular file"])
        unlink(folder.main)
        mkdir(folder.main, 0o700)
        #expect(folder.faults.map(\.message) == ["is not a regular file"])
        rmdir(folder.main)
    }

    @Test func `a file may have a mebibyte`() {
        folder.write([UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20))
        #expect(folder.faults.isEmpty)
        folder.write([UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20 + 1))
        #expect(folder.faults[0].message.contains("longer than 1 MiB"))
    }

    @Test func `a path without a folder has its usher.d beside it`() {
        let findings = Findings()
        #expect(SettingsFolder.files(beside: "usher-that-is-not-there.yaml", into: findings).isEmpty)
        #expect(findings.result(inOrderOf: []) == nil)
    }

    @Test func `the system's own users and groups are found, and others are not`() {
        let system = SystemIdentities()
        #expect(system.uid(ofUser: "root")?.rawValue == 0 && system.gid(ofGroup: "root")?.rawValue == 0)
        #expect(system.uid(ofUser: "nobody-of-that-name") == nil && system.gid(ofGroup: "") == nil)
    }
}
