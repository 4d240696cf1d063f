/** Whom clients may reach: coturn lets everything in that is not denied and puts allowed above denied; we do neither. */
import type { Draft } from './draft.ts'
import { networks, readSpan, type Span, without } from './spans.ts'

const loopback: readonly string[] = ['127.0.0.0/8', '::1']

export function peerSettings(draft: Draft): void {
  const allowed = spans(draft, 'allowed-peer-ip')
  const denied = spans(draft, 'denied-peer-ip')
  const local = draft.all('allow-loopback-peers').at(-1)
  if (local && draft.isOn('allow-loopback-peers')) {
    allowed.push(...loopback.flatMap((text) => readSpan(text) ?? []))
    draft.note(
      'look at',
      local,
      'opens loopback in allowedpeers; only for tests: everything on this machine can be reached',
    )
  }
  const left = without(denied, allowed)
  put(draft, 'allowedpeers', allowed)
  put(draft, 'deniedpeers', left)
  const [line] = draft.all('allowed-peer-ip')
  if (line && denied.some((span) => !left.includes(span))) {
    draft.note(
      'look at',
      line,
      'is above denied-peer-ip for coturn; here deniedpeers wins, so it was taken out of deniedpeers',
    )
  }
  draft.note(
    'look at',
    'allowed-peer-ip',
    'coturn relays to private networks unless told not to; here they are refused but for allowedpeers, our own relay addresses and the configured SFU',
  )
}

function spans(draft: Draft, option: string): Span[] {
  return draft.all(option).flatMap((line) => {
    const span = readSpan(line.value)
    if (!span) draft.note('look at', line, 'is no address or range, and left out')
    return span ?? []
  })
}

function put(draft: Draft, key: string, all: readonly Span[]): void {
  draft.put(
    key,
    [...new Set(all.flatMap(networks))].map((text) => ({ text, from: undefined })),
  )
}
