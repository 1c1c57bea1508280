internal import Glibc

/// Where a lab leaves what clients need: its certificate, and each password in a file that nobody else can read.
struct StateDirectory {
    let path: String
    /// It is ours, and goes when we go.
    private let isTemporary: Bool
    private var files: [String] = []
    private var folders: [String] = []

    /// The folder given, made where it is missing, or a new one.
    init(_ path: String?) throws(ControlRefusal) {
        if let path {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw ControlRefusal("--state-dir: \(path) cannot be made: \(String(cString: strerror(errno)))")
            }
            guard let full = realpath(path, nil) else {
                throw ControlRefusal("--state-dir: \(path): \(String(cString: strerror(errno)))")
            }
            self.path = String(cString: full)
            free(full)
            isTemporary = false
        } else {
            let base = getenv("XDG_RUNTIME_DIR") ?? getenv("TMPDIR")
            var template = Array("\(base.map { String(cString: $0) } ?? "/tmp")/usher-lab-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                throw ControlRefusal("No folder for the state can be made: \(String(cString: strerror(errno)))")
            }
            self.path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            isTemporary = true
        }
    }

    /// Makes a folder in it, for its owner alone.
    mutating func makeFolder(_ name: String) throws(ControlRefusal) {
        let folder = "\(path)/\(name)"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw ControlRefusal("\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
        folders.append(folder)
    }

    /// Writes a file whole, in place of an older one.
    @discardableResult
    mutating func write(_ name: String, _ bytes: [UInt8], mode: mode_t) throws(ControlRefusal) -> String {
        let file = "\(path)/\(name)"
        let new = "\(file).new"
        unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        let written = descriptor < 0 ? -1 : Glibc.write(descriptor, bytes, bytes.count)
        if descriptor >= 0 { close(descriptor) }
        guard written == bytes.count, rename(new, file) == 0 else {
            throw ControlRefusal("\(file) cannot be written: \(String(cString: strerror(errno)))")
        }
        files.append(file)
        return file
    }

    /// Takes away what was written, if the folder was made for this.
    func remove() {
        guard isTemporary else { return }
        for file in files { unlink(file) }
        for folder in folders.reversed() { rmdir(folder) }
        rmdir(path)
    }
}
