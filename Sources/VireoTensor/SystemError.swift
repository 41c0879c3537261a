import Glibc

extension VireoError {
    /// The failure of a system call, in the system's words and with the usual remedy.
    package init(systemCall message: String, because code: Int32) {
        self.init(
            code == ENOENT ? .notFound : code == ENOMEM ? .outOfMemory : .inputOutput,
            "\(message): \(VireoError.text(of: code))", remedy: VireoError.remedy(for: code))
    }

    /// A file that cannot be opened for reading.
    package init(opening path: String, because code: Int32) {
        guard code == ENOENT else {
            self.init(systemCall: "cannot open \(path)", because: code)
            return
        }
        self.init(.notFound, "there is no file \(path)", remedy: "check the path")
    }

    private static func text(of code: Int32) -> String {
        var text = [CChar](repeating: 0, count: 256)
        guard strerror_r(code, &text, text.count) == 0 else { return "error \(code)" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }

    private static func remedy(for code: Int32) -> String? {
        switch code {
        case ENOENT: "create the folder first"
        case ENOTDIR: "a part of the path is a file where a folder is needed"
        case EACCES, EPERM: "check the permissions of the file and of its folder"
        case EROFS: "choose a folder on a file system that can be written"
        case ENOSPC, EDQUOT: "free some space, or choose a folder on another disk"
        case EFBIG: "choose a folder on a file system that takes files of this size"
        case EMFILE, ENFILE: "close some files, or raise the limit with ulimit -n"
        case ENAMETOOLONG: "choose a shorter name"
        case ELOOP: "check the symbolic links in the path"
        case ENOMEM: "free some memory"
        default: nil
        }
    }
}
