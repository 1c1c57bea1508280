import Glibc

/// The folder `usher.d` beside the main file: further files, read after it in the order of their names.
enum SettingsFolder {
    private static let filesMax = 1000

    /// The paths of its files. None where there is no such folder.
    static func files(beside path: String, into findings: Findings) -> [String] {
        let folder = self.folder(beside: path)
        let place = Place(file: folder, line: 1, key: "")
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno != ENOENT { findings.add(place, "cannot be opened: \(reason(errno))") }
            return []
        }
        guard let stream = fdopendir(descriptor) else {
            findings.add(place, "cannot be opened: \(reason(errno))")
            close(descriptor)
            return []
        }
        defer { closedir(stream) }
        // Who may rename files here may take one away: another setting then holds, without a file having changed.
        var status = stat()
        if fstat(descriptor, &status) == 0,
            let distrust = SettingsFile.distrust(owner: status.st_uid, mode: status.st_mode)
        {
            findings.add(place, distrust)
            return []
        }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // Editors keep their copies under names that begin with a dot or end in something of their own.
            if name.hasPrefix(".") { continue }
            if name.hasSuffix(".yaml") { names.append(name) }
            if name.hasSuffix(".yml") {
                let place = Place(file: "\(folder)/\(name)", line: 1, key: "")
                findings.add(place, "is not read, because its name does not end in .yaml")
            }
        }
        guard names.count <= filesMax else {
            findings.add(place, "holds \(names.count) files: \(filesMax) are read at most")
            return []
        }
        // By their bytes, so that the order is the same on every host.
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(folder)/\($0)" }
    }

    private static func folder(beside path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "usher.d" }
        return path[...slash] + "usher.d"
    }
}
