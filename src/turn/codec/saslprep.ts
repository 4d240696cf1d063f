/** SASLprep (RFC 4013): gives passwords that look alike one spelling. Done: mapping, NFKC, prohibited characters, direction. Left out: which code points Unicode 3.2 did not have. */

type Ranges = readonly (readonly [number, number])[]

/** Code points in hexadecimal, as the tables of RFC 3454 list them. */
function ranges(table: string): Ranges {
  return table.split(/\s+/).map((entry) => {
    const [from = '', to = from] = entry.split('-')
    return [Number.parseInt(from, 16), Number.parseInt(to, 16)] as const
  })
}

/** Table C.1.2: spaces that become U+0020. */
const spaces = ranges('a0 1680 2000-200b 202f 205f 3000')
/** Table B.1: what becomes nothing. */
const mappedToNothing = ranges('ad 34f 1806 180b-180d 200b-200d 2060 fe00-fe0f feff')
/** Tables C.1.2 and C.2.1 to C.9: controls, private use, surrogates, what changes how text is shown, tags. */
const prohibited: Ranges = [
  ...spaces,
  ...ranges('0-1f 7f-9f 6dd 70f 180e 200c 200d 2028 2029 2060-2063 206a-206f feff fff9-fffc 1d173-1d17a'),
  ...ranges('e000-f8ff f0000-ffffd 100000-10fffd fdd0-fdef d800-dfff fffd 2ff0-2ffb'),
  ...ranges('340 341 200e 200f 202a-202e e0001 e0020-e007f'),
]
/** Table D.1. */
const rightToLeft = ranges(
  `5be 5c0 5c3 5d0-5ea 5f0-5f4 61b 61f 621-63a 640-64a 66d-66f 671-6d5 6dd 6e5-6e6 6fa-6fe 700-70d 710 712-72c 780-7a5
  7b1 200f fb1d fb1f-fb28 fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fbb1 fbd3-fd3d fd50-fd8f fd92-fdc7
  fdf0-fdfc fe70-fe74 fe76-fefc`,
)
/** Stands for table D.2, which lists them one by one: the two differ only in what may stand in the midst of text that runs right to left. */
const letter = /\p{L}/u
/** A password of printable ASCII is its own spelling. */
const plain = /^[\x20-\x7e]*$/

/** The one spelling, or undefined if the text has what no password may have. */
export function saslprep(text: string): string | undefined {
  if (plain.test(text)) return text
  const mapped = Array.from(text, (one) => (holds(spaces, one) ? ' ' : holds(mappedToNothing, one) ? '' : one))
  const prepared = mapped.join('').normalize('NFKC')
  const characters = Array.from(prepared)
  if (characters.some((one) => holds(prohibited, one) || isNonCharacter(one))) return undefined
  return runsOneWay(characters) ? prepared : undefined
}

function holds(table: Ranges, character: string): boolean {
  const point = character.codePointAt(0) ?? 0
  return table.some(([from, to]) => point >= from && point <= to)
}

/** Table C.4: the last two of each plane (the others are in the list above). */
const isNonCharacter = (character: string): boolean => ((character.codePointAt(0) ?? 0) & 0xfffe) === 0xfffe

/** RFC 3454 section 6: text that runs right to left begins and ends so and has nothing that runs the other way. */
function runsOneWay(characters: readonly string[]): boolean {
  const toLeft = (one: string): boolean => holds(rightToLeft, one)
  if (!characters.some(toLeft)) return true
  if (characters.some((one) => letter.test(one) && !toLeft(one))) return false
  return toLeft(characters[0] ?? '') && toLeft(characters.at(-1) ?? '')
}
