/** Makes the settings of [turn-server] from the options of a turnserver.conf, and says what became of every line. */
import { connectionSettings } from './connections.ts'
import { createDraft, type Draft, type Note, type Setting } from './draft.ts'
import { type ConfLine, readLines } from './lines.ts'
import { fates } from './options.ts'
import { peerSettings } from './peers.ts'
import { userSettings } from './users.ts'

export interface Conversion {
  /** In the order in which they are to stand. Some are secret. */
  readonly settings: readonly Setting[]
  readonly notes: readonly Note[]
}

/** Never throws, whatever the text. */
export function convertTurnserverConf(text: string): Conversion {
  const lines = readLines(text)
  const settings: Setting[] = []
  const notes: Note[] = []
  const draft = createDraft(lines, settings, notes)
  connectionSettings(draft)
  userSettings(draft)
  peerSettings(draft)
  limitSettings(draft)
  operationSettings(draft)
  for (const line of lines) otherOption(draft, line)
  return { settings, notes: notes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
}

function limitSettings(draft: Draft): void {
  const limits = { 'user-quota': 'userquota', 'total-quota': 'totalquota', 'max-bps': 'maxbps' }
  for (const [option, key] of Object.entries(limits)) {
    const limit = draft.number(option, 0, option === 'max-bps' ? 10 ** 12 : 1_000_000)
    if (limit !== undefined) draft.put(key, [{ text: String(limit), from: draft.last(option) }])
  }
  if (!draft.last('user-quota')) {
    draft.note('look at', 'user-quota', 'is not set, which is no limit for coturn; here it is 24 (userquota)')
  }
  const perSecond = draft.number('unauthorized-ratelimit-rps', 0, 1_000_000)
  if (draft.isOn('unauthorized-ratelimit')) {
    draft.put('challengerate', [{ text: String(perSecond ?? 10), from: draft.last('unauthorized-ratelimit') }])
  } else {
    for (const line of draft.all('unauthorized-ratelimit-rps')) {
      draft.note('left out', line, 'unauthorized-ratelimit is off; here the limit is 10 (challengerate)')
    }
  }
  if (draft.isOn('rfc5766-channel-numbers')) {
    draft.put('legacychannels', [{ text: 'true', from: draft.last('rfc5766-channel-numbers') }])
  }
}

function operationSettings(draft: Draft): void {
  const threads = draft.last('relay-threads')
  // 0 means all relays in the main thread there; here it is one thread for each core, which is the default.
  const workers = threads && draft.number('relay-threads', 0, 16)
  if (workers) draft.put('workers', [{ text: String(workers), from: threads }])
  const nonceSecret = draft.last('stateless-nonce-secret')
  if (nonceSecret) {
    if (new TextEncoder().encode(nonceSecret.value).length < 16) {
      draft.note('look at', nonceSecret, 'has fewer than 16 bytes, and is left out: write a longer one as noncekey')
    } else draft.put('noncekey', [{ text: nonceSecret.value, from: nonceSecret }])
  }
  const prometheus = draft.all('prometheus').at(-1)
  if (!prometheus || !draft.isOn('prometheus')) return
  draft.put('coturnmetrics', [{ text: 'true', from: prometheus }])
  draft.note(
    'look at',
    prometheus,
    'metrics are at /metrics of the web listener, for [stats] allowed_ips: change what reads them',
  )
}

function otherOption(draft: Draft, line: ConfLine): void {
  const fate = fates.get(line.option)
  if (!fate) draft.note('unknown', line, 'coturn does not know this either')
  else if (fate.fate === 'left out') draft.note('left out', line, fate.why)
  else if (fate.fate === 'always') {
    const isOff = /^(?:0|no|off|false|n|f)$/i.test(line.value)
    if (isOff) draft.note('look at', line, `is switched off there; here it cannot be: ${fate.why}`)
    else draft.note('always', line, fate.why)
  }
}
