/** How members of an admission room carry signals and messages in the two events that the protocol has for it. */
import { isObject, type JsonObject, numberAt, objectAt, textAt } from '../core/json.ts'
import { readCandidate, readDescription, type Signal } from '../rtc/signal.ts'

/** Event and body, without address. */
export type Relayed = readonly [event: 'relay-session-description' | 'relay-ice-candidate', body: JsonObject]

export function writeSignal(signal: Signal): Relayed {
  switch (signal.kind) {
    case 'description': {
      const { description, number, link } = signal
      const payload = {
        ...(number === undefined ? {} : { negotiation: number }),
        ...(link === undefined ? {} : { link }),
      }
      return ['relay-session-description', { session_description: description, payload }]
    }
    case 'candidate':
      return ['relay-ice-candidate', { ice_candidate: signal.candidate }]
    case 'bye':
      return ['relay-ice-candidate', { ice_candidate: null, payload: { bye: true } }]
  }
}

/** There is no event for messages; an empty candidate hurts nobody who does not know better. */
export const writeMessage = (data: unknown): Relayed => [
  'relay-ice-candidate',
  { ice_candidate: null, payload: { message: data } },
]

export type Read = { readonly signal: Signal } | { readonly message: unknown } | undefined

/** Reads `session-description` and `ice-candidate`. */
export function readRelayed(event: string, body: JsonObject): Read {
  const payload = objectAt(body, 'payload')
  if (event === 'session-description') {
    const description = readDescription(body['session_description'])
    const [number, link] = [numberAt(payload, 'negotiation'), textAt(payload, 'link')]
    return description && { signal: { kind: 'description', description, number, link } }
  }
  if ('message' in payload) return { message: payload['message'] }
  if (payload['bye'] === true) return { signal: { kind: 'bye' } }
  const candidate = readCandidate(isObject(body['ice_candidate']) ? body['ice_candidate'] : null)
  return candidate === undefined ? undefined : { signal: { kind: 'candidate', candidate } }
}
