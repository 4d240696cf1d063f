/** Finds the known word that somebody most likely meant. */

/** The nearest known word, at most two slips away (one for words of up to three letters). */
export function nearMiss(word: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = (word.length <= 3 ? 1 : 2) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const slips = distance(word, candidate)
    if (slips < least) {
      least = slips
      nearest = candidate
    }
  }
  return nearest
}

/** Damerau and Levenshtein: letters missing, added, replaced, or two neighbours swapped. */
export function distance(left: string, right: string): number {
  let twoAbove: number[] = []
  let above = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1]
      let least = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
      if (swapped) least = Math.min(least, (twoAbove[column - 2] ?? 0) + 1)
      current.push(least)
    }
    twoAbove = above
    above = current
  }
  return above[right.length] ?? 0
}
