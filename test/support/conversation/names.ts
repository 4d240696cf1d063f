/** The names in angle brackets of one run of a conversation, and what they stand for. */

export interface Names {
  get(name: string): string | undefined
  bind(name: string, value: string): void
  /** Replaces every known `<name>` in a text; an unknown one is left as it is. */
  fill(text: string): string
  copy(): Names
  /** Makes the names of an attempt its own. */
  take(attempt: Names): void
  entries(): ReadonlyMap<string, string>
}

/** Rooms, users and room session ids get a value of their own in each run, so that runs on one server do not meet; so do numbers. */
const ofThisRun = /^(room|user|rsid|digits)[\w.-]*$/

export function createNames(run: string, given: Readonly<Record<string, string>>): Names {
  return namesOver(run, new Map([['run', run], ...Object.entries(given)]))
}

function namesOver(run: string, known: Map<string, string>): Names {
  const get = (name: string) => {
    const found = known.get(name)
    if (found !== undefined || !ofThisRun.test(name)) return found
    const made = name.startsWith('digits') ? digitsOf(name + run) : `${name.replaceAll('.', '-')}-${run}`
    known.set(name, made)
    return made
  }
  return {
    get,
    bind: (name, value) => void known.set(name, value),
    fill: (text) => text.replaceAll(/<([\w.-]+)>/g, (whole, name: string) => get(name) ?? whole),
    copy: () => namesOver(run, new Map(known)),
    take: (attempt) => {
      for (const [name, value] of attempt.entries()) known.set(name, value)
    },
    entries: () => known,
  }
}

/** Nine digits that belong to a text. */
function digitsOf(text: string): string {
  return String((Bun.hash.crc32(text) % 900_000_000) + 100_000_000)
}
