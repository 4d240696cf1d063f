/** What two people of a call tell each other directly: their names, and whether they can be heard and seen. */
import { isPass } from './pass.ts'

export interface About {
  readonly name: string
  readonly audio: boolean
  readonly video: boolean
  /** What lets one back into the room; those who are in it tell it to whoever comes. */
  readonly pass?: string | undefined
}

const longestName = 40
const longestText = 2_000

/** A name as it may be shown: short, and without what would turn or break the line. */
export function asName(value: unknown, otherwise = 'Guest'): string {
  if (typeof value !== 'string') return otherwise
  const clean = value
    .slice(0, 400)
    .replace(/[\p{Control}\p{Format}\p{Surrogate}\p{Line_Separator}\p{Paragraph_Separator}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return [...clean].slice(0, longestName).join('') || otherwise
}

export const writeAbout = (about: About): string => JSON.stringify(about)

/** Undefined for what is none. */
export function readAbout(text: unknown): About | undefined {
  if (typeof text !== 'string' || text.length > longestText) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { name, audio, video, pass } = value as Readonly<Record<string, unknown>>
    const said = { name: asName(name), audio: audio === true, video: video === true }
    return isPass(pass) ? { ...said, pass } : said
  } catch {
    return undefined
  }
}

/** One or two letters in place of a picture. */
export function initials(name: string): string {
  const words = name.split(' ').filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase()
}
