/// Values in order, any of them more than once, found by their rank.
///
/// Short sorted pieces side by side, and how many values lie before each piece as a Fenwick tree: insertion, removal and
/// look-up by rank take a time that grows with the logarithm of their number.
struct OrderedMultiset<Element: Comparable & Sendable>: Sendable {
    private var pieces: [[Element]] = []
    /// One-based: entry i sums the counts of the pieces that end at i and are as many as its lowest bit says.
    private var sums: [Int] = [0]
    private(set) var count = 0

    private static var longestPiece: Int { 512 }

    var first: Element? { pieces.first?.first }
    var last: Element? { pieces.last?.last }

    mutating func insert(_ element: Element) {
        count += 1
        guard !pieces.isEmpty else {
            pieces = [[element]]
            return countAnew()
        }
        let piece = min(self.piece(for: element), pieces.count - 1)
        pieces[piece].insert(element, at: place(of: element, in: pieces[piece]))
        guard pieces[piece].count > Self.longestPiece else { return adjust(piece, by: 1) }
        let half = pieces[piece].count / 2
        pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
        pieces[piece].removeLast(pieces[piece].count - half)
        countAnew()
    }

    /// Takes away one that is equal; does nothing where there is none.
    mutating func remove(_ element: Element) {
        let piece = self.piece(for: element)
        guard piece < pieces.count else { return }
        let place = place(of: element, in: pieces[piece])
        guard place < pieces[piece].count, pieces[piece][place] == element else { return }
        count -= 1
        pieces[piece].remove(at: place)
        guard pieces[piece].isEmpty else { return adjust(piece, by: -1) }
        pieces.remove(at: piece)
        countAnew()
    }

    /// The value with so many before it, from 0 to `count` - 1.
    subscript(rank: Int) -> Element {
        var left = rank
        var piece = 0
        var step = 1
        while step * 2 <= pieces.count { step *= 2 }
        while step > 0 {
            let next = piece + step
            if next <= pieces.count, sums[next] <= left {
                piece = next
                left -= sums[next]
            }
            step /= 2
        }
        return pieces[piece][left]
    }

    /// The first piece that ends with this or more.
    private func piece(for element: Element) -> Int {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if let end = pieces[middle].last, end < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func place(of element: Element, in piece: [Element]) -> Int {
        var (low, high) = (0, piece.count)
        while low < high {
            let middle = (low + high) / 2
            if piece[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func adjust(_ piece: Int, by difference: Int) {
        var index = piece + 1
        while index < sums.count {
            sums[index] += difference
            index += index & -index
        }
    }

    private mutating func countAnew() {
        sums = Array(repeating: 0, count: pieces.count + 1)
        for index in sums.indices.dropFirst() {
            sums[index] += pieces[index - 1].count
            let parent = index + (index & -index)
            if parent < sums.count { sums[parent] += sums[index] }
        }
    }
}
