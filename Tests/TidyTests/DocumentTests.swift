import Testing

/// Documents lead where they say.
@Suite struct DocumentTests {
    let repository = Repository()

    private var documents: [String] {
        repository.files(under: "docs", ".md") + ["README.md"].filter(repository.exists)
    }

    /// The targets of `[words](target)` in a line.
    private func links(_ line: Line) -> [String] {
        line.text.split(separator: "](").dropFirst().compactMap { rest in
            rest.split(separator: ")", omittingEmptySubsequences: false).first.map(String.init)
        }
    }

    /// A path from the root, for a target beside `document`. Nil when it leads out of the repository.
    private func resolve(_ target: String, beside document: String) -> String? {
        var parts = document.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") {
            switch part {
            case ".": break
            case "..":
                if parts.isEmpty { return nil }
                parts.removeLast()
            default: parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    /// A heading as it is linked to.
    private func anchor(_ heading: String) -> String {
        let kept = heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
        return String(kept.drop { $0 == " " }.map { $0 == " " ? "-" : $0 })
    }

    private func anchors(in document: String) -> Set<String> {
        Set(
            repository.lines(document).filter { $0.text.hasPrefix("#") }.map {
                anchor(String($0.text.drop { $0 == "#" }))
            })
    }

    @Test func `links lead to files that exist, and to headings in them`() {
        for document in documents {
            for line in repository.lines(document) {
                for link in links(line) where !link.contains("://") && !link.hasPrefix("mailto:") {
                    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                    let path = parts[0].isEmpty ? document : resolve(String(parts[0]), beside: document)
                    guard let path, repository.exists(path) else {
                        Issue.record("\(line.place): \(link) does not exist")
                        continue
                    }
                    guard parts.count == 2, path.hasSuffix(".md") else { continue }
                    let isThere = anchors(in: path).contains(String(parts[1]))
                    #expect(isThere, "\(line.place): \(path) has no heading #\(parts[1])")
                }
            }
        }
    }

    @Test func `files named in words exist`() {
        let roots = ["Sources/", "Tests/", "docs/", "scripts/", "config/", "systemd/"]
        for document in documents {
            for line in repository.lines(document) {
                // Every other piece stands between back quotes.
                let pieces = line.text.split(separator: "`", omittingEmptySubsequences: false)
                for (place, piece) in pieces.enumerated() where place % 2 == 1 {
                    let path = piece.split(separator: " ").first.map(String.init) ?? ""
                    guard roots.contains(where: path.hasPrefix), !path.contains("*"), !path.contains("…") else {
                        continue
                    }
                    #expect(repository.exists(path), "\(line.place): \(path) does not exist")
                }
            }
        }
    }

    @Test func `each target is in the table of the house`() {
        let table = repository.text("docs/architecture.md")
        for ring in ["Core", "Protocols", "Edges", "Programs"] {
            // C modules are told of with what wraps them.
            for target in repository.names(in: "Sources/\(ring)") where !target.hasPrefix("C") {
                #expect(table.contains("`\(ring)/\(target)`") || table.contains("`\(target)`"), "\(ring)/\(target)")
            }
        }
    }

    @Test func `each decision is numbered, and its title says the number`() {
        for (place, path) in repository.files(under: "docs/decisions", ".md").enumerated() {
            let number = String(repeating: "0", count: max(0, 4 - "\(place + 1)".count)) + "\(place + 1)"
            #expect(path.hasPrefix("docs/decisions/\(number)-"), "\(path):1: a number is missing before it")
            #expect(repository.lines(path)[0].text.hasPrefix("# \(number) "), "\(path):1: the title has another number")
        }
    }
}
