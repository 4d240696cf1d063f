/** As much of a session description (RFC 8866) as an SFU's keeper has to know: its lines of media and its candidates. */
import { type CandidateLine, parseCandidate } from './candidates.ts'

export interface MediaLine {
  /** In lower case: `audio`, `video`, `application`, … */
  readonly media: string
  /**
   * Refused or stopped, as Janus reads it: port 0, unless the line shares the port of another (`bundle-only`) or is the
   * first, which Janus takes for being on whatever its port is.
   */
  readonly isOff: boolean
}

export interface Sdp {
  readonly media: readonly MediaLine[]
}

const mediaLine = /^m=([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}) (\d{1,5})(?:\/\d{1,5})? \S+(?: \S+)+$/
const originLine = /^o=\S+ \S+ \S+ IN IP[46] \S+$/
/** A client may write attributes as it likes; Janus does not look at their case either. */
const candidateAttribute = /^a=candidate:/i
const bundleOnly = /^a=bundle-only(?::|$)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: what no line may hold, because readers differ over where it ends.
const control = /[\x00-\x08\x0a-\x1f\x7f]/

/** Undefined if this is no session description, or one of its candidates is none. */
export function parseSdp(text: string): Sdp | undefined {
  // Half a character is JSON to us, and an error without a request from Janus.
  if (!text.isWellFormed()) return undefined
  const lines = linesOf(text)
  if (lines[0] !== 'v=0' || !isWhole(lines)) return undefined
  const media: Line[] = []
  for (const line of lines) {
    if (line === '') continue
    if (!/^[a-z]=/.test(line) || control.test(line)) return undefined
    if (line.startsWith('m=')) {
      const read = readMediaLine(line)
      if (!read) return undefined
      media.push(media.length === 0 ? { ...read, isOff: false } : read)
    } else if (candidateAttribute.test(line)) {
      // An attribute that ends the candidates is empty in old clients.
      if (parseCandidate(line.slice(2)) === undefined && line.length > 'a=candidate:'.length) return undefined
    } else if (bundleOnly.test(line)) {
      const current = media.at(-1)
      if (current) current.isOff = false
    }
  }
  return { media }
}

/** The same text without the candidates that do not pass; unchanged if all do. */
export function filterSdp(text: string, passes: (line: CandidateLine) => boolean): string {
  // Nearly all descriptions trickle: nothing to look for.
  if (!/^a=candidate:/im.test(text)) return text
  const kept = text.split('\n').filter((line) => {
    if (!candidateAttribute.test(line)) return true
    const candidate = parseCandidate(line.slice(2).trimEnd())
    return candidate === 'end' || (candidate !== undefined && passes(candidate))
  })
  return kept.join('\n')
}

interface Line {
  readonly media: string
  isOff: boolean
}

const linesOf = (text: string): readonly string[] =>
  text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))

/** What every description has before its media. */
function isWhole(lines: readonly string[]): boolean {
  const end = lines.findIndex((line) => line.startsWith('m='))
  const head = end < 0 ? lines : lines.slice(0, end)
  const has = (start: string): boolean => head.some((line) => line.startsWith(start))
  return head.some((line) => originLine.test(line)) && has('s=') && has('t=')
}

function readMediaLine(line: string): Line | undefined {
  const read = mediaLine.exec(line)
  const port = Number(read?.[2])
  if (!read?.[1] || port > 65_535) return undefined
  return { media: read[1].toLowerCase(), isOff: port === 0 }
}
