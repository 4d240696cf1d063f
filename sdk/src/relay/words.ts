/** How the clients of the relay protocol spell what they say to each other; the server passes it on unread. */
import { type JsonObject, numberAt, textAt } from '../core/json.ts'
import { readDescription, type Signal } from '../rtc/signal.ts'

/** `data` of a candidate as the original's pages have it. */
export function writeSignal(signal: Signal): JsonObject {
  switch (signal.kind) {
    case 'description': {
      const { description, number, link } = signal
      return {
        event: description.type,
        data: description,
        ...(number === undefined ? {} : { negotiation: number }),
        ...(link === undefined ? {} : { link }),
      }
    }
    case 'candidate': {
      const { candidate, sdpMid, sdpMLineIndex } = signal.candidate ?? {
        candidate: '',
        sdpMid: null,
        sdpMLineIndex: null,
      }
      return { event: 'candidate', data: { label: sdpMLineIndex, id: sdpMid, candidate } }
    }
    case 'bye':
      return { event: 'bye' }
  }
}

/** Undefined if it is something else. */
export function readSignal(message: JsonObject): Signal | undefined {
  const { data } = message
  switch (message['event']) {
    case 'offer':
    case 'answer': {
      const description = readDescription(data)
      return (
        description && {
          kind: 'description',
          description,
          number: numberAt(message, 'negotiation'),
          link: textAt(message, 'link'),
        }
      )
    }
    case 'candidate': {
      const candidate = textAt(data, 'candidate')
      if (candidate === undefined) return undefined
      if (candidate === '') return { kind: 'candidate', candidate: null }
      const [sdpMid = null, sdpMLineIndex = null] = [textAt(data, 'id'), numberAt(data, 'label')]
      return { kind: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } }
    }
    case 'bye':
      return { kind: 'bye' }
    default:
      return undefined
  }
}
