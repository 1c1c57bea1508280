import Glibc

/// The repository this test was built from, as text.
struct Repository {
    let root: String

    init(file: String = #filePath) {
        // Tests/TidyTests/Repository.swift
        root = file.split(separator: "/").dropLast(3).reduce(into: "") { $0 += "/" + $1 }
    }

    /// The files under a folder whose names end so, by their paths from the root, in order.
    func files(under folder: String, _ end: String) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if name.hasPrefix(".") { return [] }
            if isFolder(path) { return files(under: path, end) }
            return name.hasSuffix(end) ? [path] : []
        }
    }

    func names(in folder: String) -> [String] {
        guard let directory = opendir("\(root)/\(folder)") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat("\(root)/\(path)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    func exists(_ path: String) -> Bool { access("\(root)/\(path)", F_OK) == 0 }

    func text(_ path: String) -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer.prefix(count)
        }
    }

    func lines(_ path: String) -> [Line] {
        text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            Line(path: path, number: $0 + 1, text: String($1))
        }
    }
}

/// One line of a file.
struct Line {
    let path: String
    let number: Int
    let text: String

    /// `path:line`, as editors jump to.
    var place: String { "\(path):\(number)" }

    /// What the compiler sees of it: less a comment at its end, and less what stands in quotes.
    var code: String {
        var code = ""
        var isQuoted = false
        var previous: Character = " "
        for character in text {
            if character == "\"" && previous != "\\" { isQuoted.toggle() }
            if !isQuoted { code.append(character) }
            if code.hasSuffix("//") { return String(code.dropLast(2)) }
            previous = character
        }
        return code
    }

    /// The words of the code.
    var words: [Substring] { code.split { !$0.isLetter && !$0.isNumber && $0 != "_" } }

    /// What it imports, if it imports.
    var importedModule: Substring? {
        let words = words
        guard let place = words.firstIndex(of: "import") else { return nil }
        let before: Set<Substring> = ["internal", "public", "package", "private", "fileprivate", "testable"]
        guard words[..<place].allSatisfy(before.contains), place + 1 < words.count else { return nil }
        // `import struct Glibc.stat`
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        let name = kinds.contains(words[place + 1]) ? words.dropFirst(place + 2).first : words[place + 1]
        return name
    }
}
