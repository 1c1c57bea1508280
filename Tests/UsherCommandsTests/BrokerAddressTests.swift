import Foundation
import Glibc
import Testing
import UsherAPI

@testable import UsherClient

/// A place for a lab's socket, removed afterwards.
private final class Place {
    let runtimeDirectory = NSTemporaryDirectory() + "usher-\(UUID().uuidString.prefix(8))"
    var lab: String { runtimeDirectory + "/usher-lab" }
    var socket: String { lab + "/broker.sock" }

    init(mode: mode_t = 0o700) {
        mkdir(runtimeDirectory, 0o700)
        mkdir(lab, mode)
        chmod(lab, mode)
    }

    deinit { try? FileManager.default.removeItem(atPath: runtimeDirectory) }

    func choose(asked: String? = nil, _ more: [String: String] = [:]) -> BrokerAddress {
        let environment = more.merging(["XDG_RUNTIME_DIR": runtimeDirectory]) { mine, _ in mine }
        return BrokerAddress.choose(asked: asked) { environment[$0] }
    }
}

@Suite struct BrokerAddressTests {
    /// Serves the lab's socket while `body` runs.
    private func serving(_ place: Place, _ body: () -> Void) {
        let broker = ScriptedBroker(answering: [], at: place.socket)
        body()
        _ = broker.stop()
    }

    @Test func `what was asked for goes first, then the environment`() {
        let place = Place()
        #expect(place.choose(asked: "/a", ["USHER_SOCKET": "/b"]) == BrokerAddress(path: "/a"))
        #expect(place.choose(["USHER_SOCKET": "/b"]) == BrokerAddress(path: "/b"))
        #expect(place.choose(["USHER_SOCKET": ""]).path == SocketPath.system)
    }

    @Test func `a lab that runs is found and said to be one`() {
        let place = Place()
        serving(place) {
            let address = place.choose()
            #expect(address.path == place.socket)
            #expect(address.isLab)
        }
    }

    @Test func `a lab is not looked for under sudo`() {
        let place = Place()
        serving(place) { #expect(place.choose(["SUDO_UID": "1000"]).path == SocketPath.system) }
    }

    @Test func `a directory that others may enter holds no lab`() {
        let place = Place(mode: 0o755)
        serving(place) { #expect(place.choose().path == SocketPath.system) }
    }

    @Test func `a link to a lab is none`() {
        let real = Place()
        let place = Place()
        rmdir(place.lab)
        symlink(real.lab, place.lab)
        serving(real) { #expect(place.choose().path == SocketPath.system) }
    }

    @Test func `the socket of a lab that is gone does not count`() {
        let place = Place()
        #expect(place.choose().path == SocketPath.system)
        close(open(place.socket, O_CREAT | O_WRONLY, 0o600))
        #expect(place.choose().path == SocketPath.system)
    }
}

@Suite struct ConnectingTests {
    @Test func `a path that fits no address is told as such`() {
        let long = "/" + String(repeating: "a", count: 200)
        #expect(throws: ClientError.pathTooLong(socket: long, bytesMax: 107)) {
            try BrokerClient.connect(to: BrokerAddress(path: long))
        }
    }

    @Test func `a daemon that is only starting is waited for`() {
        let path = NSTemporaryDirectory() + "usher-\(UUID().uuidString.prefix(8)).sock"
        // The file of one that died, as bind(2) leaves it.
        let dead = ScriptedBroker(answering: [], at: path, keepingFile: true)
        _ = dead.stop()
        Thread.detachNewThread {
            // That it comes late is what is tested.
            usleep(100_000)
            unlink(path)
            _ = ScriptedBroker(answering: [], at: path)
        }
        #expect(throws: Never.self) {
            try BrokerClient.reconnect(to: BrokerAddress(path: path), by: .within(.seconds(5)), wake: -1)
        }
        unlink(path)
    }

    @Test func `nobody at the socket is told after a second, no socket at once`() {
        let path = NSTemporaryDirectory() + "usher-\(UUID().uuidString.prefix(8)).sock"
        #expect(throws: ClientError.noDaemon(socket: path, code: ENOENT)) {
            try BrokerClient.connect(to: BrokerAddress(path: path))
        }
        _ = ScriptedBroker(answering: [], at: path, keepingFile: true).stop()
        #expect(throws: ClientError.noDaemon(socket: path, code: ECONNREFUSED)) {
            try BrokerClient.connect(to: BrokerAddress(path: path))
        }
        unlink(path)
    }
}
