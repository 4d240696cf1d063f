/** Writes what is said to clients: answers with the MAC and checksum that their request calls for, and indications. */
import type { TurnAction } from '../action.ts'
import type { KnownErrorCode } from '../codec/error-code.ts'
import { headerLength, type Method, transactionIdLength } from '../codec/header.ts'
import type { StunMessage } from '../codec/message.ts'
import { createMessageWriter, type MessageWriter } from '../codec/message-writer.ts'
import type { Client } from '../five-tuple.ts'

/** What an answer needs of its request. */
export interface AnswerTo {
  readonly client: Client
  readonly message: Pick<StunMessage, 'bytes' | 'start' | 'type'>
  readonly hasFingerprint: boolean
  /** With which MAC to sign; undefined for strangers. */
  readonly mac: { readonly kind: MacKind; readonly key: Uint8Array } | undefined
}

export type MacKind = 'sha1' | 'sha256'
export type Put = (writer: MessageWriter) => void

/** The octets of a message are good until `startOver`. */
export interface Answers {
  success(to: AnswerTo, put?: Put): TurnAction
  error(to: AnswerTo, code: KnownErrorCode, put?: Put): TurnAction
  indication(method: Method, to: Client, put: Put): TurnAction
  startOver(): void
}

/** More than the longest answer: a realm of 763 octets, a nonce, 128 unknown attributes. */
const roomForOne = 2048
/** An input has mostly one answer; what the hook says may be the answer to several requests. */
const room = 16 * roomForOne

export function createAnswers(nextTransaction: () => Uint8Array): Answers {
  const writer = createMessageWriter()
  let buffer = new Uint8Array(room)
  let at = 0

  function reserve(): Uint8Array {
    if (at + roomForOne > buffer.length) {
      buffer = new Uint8Array(room)
      at = 0
    }
    return buffer
  }

  function finish(to: Client): TurnAction {
    const end = at + writer.end()
    const message = buffer.subarray(at, end)
    at = end
    return { do: 'answer', to, message }
  }

  function close({ client, mac, hasFingerprint }: AnswerTo): TurnAction {
    if (mac?.kind === 'sha1') writer.sign(mac.key)
    else if (mac) writer.signSha256(mac.key)
    if (hasFingerprint) writer.fingerprint()
    return finish(client)
  }

  return {
    success(to, put) {
      writer.answer(reserve(), at, to.message, 'success')
      put?.(writer)
      return close(to)
    },
    error(to, code, put) {
      // Every octet of an answer can be turned against others: the phrase stays empty.
      writer.answer(reserve(), at, to.message, 'error').put('errorCode', { code, reason: '' })
      put?.(writer)
      return close(to)
    },
    indication(method, to, put) {
      put(writer.begin(reserve(), at, method, 'indication', nextTransaction()))
      return finish(to)
    },
    startOver() {
      at = 0
    },
  }
}

/** What is left of a request that is answered later, when its octets are gone. */
export function kept({ client, message, hasFingerprint, mac }: AnswerTo): AnswerTo {
  const { bytes, start, type } = message
  return { client, hasFingerprint, mac, message: { bytes: bytes.slice(start, start + headerLength), start: 0, type } }
}

/** A request's transaction id as text, to compare and keep it. */
export function transactionText({ bytes, start }: AnswerTo['message']): string {
  let text = ''
  for (let index = 0; index < transactionIdLength; index++) text += String.fromCharCode(bytes[start + 8 + index] ?? 0)
  return text
}
