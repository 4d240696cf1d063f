/** How Talk's clients spell offers, answers and candidates inside the data of a message. */
import { isObject, numberAt, objectAt, textAt } from '../core/json.ts'
import { readCandidate, readDescription, type Signal } from '../rtc/signal.ts'

/** `sid` names a peer connection in Talk's own clients; ours is one per session. */
const common = { roomType: 'video' } as const

export function writeSignal(signal: Signal, from: string, to: string): unknown {
  const address = { ...common, from, to }
  switch (signal.kind) {
    case 'description': {
      const { description, number, link } = signal
      return {
        ...address,
        type: description.type,
        payload: description,
        ...(number === undefined ? {} : { negotiation: number }),
        ...(link === undefined ? {} : { link }),
      }
    }
    case 'candidate':
      return signal.candidate
        ? { ...address, type: 'candidate', payload: { candidate: signal.candidate } }
        : { ...address, type: 'endOfCandidates', payload: {} }
    case 'bye':
      return { ...address, type: 'bye', payload: {} }
  }
}

/** Undefined if the data is something else. */
export function readSignal(data: unknown): Signal | undefined {
  const type = textAt(data, 'type')
  if (!isObject(data)) return undefined
  const payload = objectAt(data, 'payload')
  switch (type) {
    case 'offer':
    case 'answer': {
      const description = readDescription({ type, sdp: payload['sdp'] })
      return (
        description && {
          kind: 'description',
          description,
          number: numberAt(data, 'negotiation'),
          link: textAt(data, 'link'),
        }
      )
    }
    case 'candidate': {
      const candidate = readCandidate(payload['candidate'])
      return candidate === undefined ? undefined : { kind: 'candidate', candidate }
    }
    case 'endOfCandidates':
      return { kind: 'candidate', candidate: null }
    case 'bye':
      return { kind: 'bye' }
    default:
      return undefined
  }
}
