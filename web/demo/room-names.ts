/** Names of rooms: what may stand in one, and suggestions that are easy to say on the phone. */

const adjectives =
  'amber brave bright calm clear dawn early gentle golden keen light lucid mild noon quiet solar'.split(' ')
const nouns =
  'badger beacon bridge comet falcon ferry harbor heron island lantern meadow mirror otter ridge river summit'.split(
    ' ',
  )
const longest = 64

/** What is left of a text as the name of a room; may be empty. */
export function asRoomName(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replace(/^-+|-+$/g, '')
}

/** `random` as Math.random. Nobody guesses who meets where: the owner of a room decides who comes in. */
export function suggestedName(random: () => number): string {
  const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  return `${one(adjectives)}-${one(nouns)}-${String(Math.floor(random() * 900) + 100)}`
}

/** The room that an address names behind its #, if any. */
export function roomInHash(hash: string): string {
  try {
    return asRoomName(decodeURIComponent(hash.replace(/^#/, '')))
  } catch {
    return ''
  }
}
