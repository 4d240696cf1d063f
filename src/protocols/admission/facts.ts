/** What is worth noting of the admission front end: each becomes one log line and one counter. */
import type { ErrorCode } from './errors.ts'

/** How a request to be let in ended without the room being entered. */
export type RequestEnd = 'rejected' | 'timeout' | 'cancelled' | 'gone' | 'room closed' | 'no place'

export type AdmissionFact =
  /** Somebody asked for an application's token, and got this HTTP status. */
  | { readonly fact: 'admission-app-asked'; readonly address: string; readonly status: number }
  /** Somebody wanted to connect without a token that is good. */
  | { readonly fact: 'admission-connect-refused'; readonly address: string }
  | { readonly fact: 'admission-authorized'; readonly socket: string; readonly app: string }
  /** An event was refused; `why` is a code of `errors.ts`. */
  | { readonly fact: 'admission-refused'; readonly socket: string; readonly event: string; readonly why: ErrorCode }
  | { readonly fact: 'admission-room-opened'; readonly socket: string; readonly app: string; readonly room: string }
  | { readonly fact: 'admission-room-closed'; readonly app: string; readonly room: string }
  | { readonly fact: 'admission-guest-admitted'; readonly socket: string; readonly app: string; readonly room: string }
  | {
      readonly fact: 'admission-request-ended'
      readonly socket: string
      readonly room: string
      readonly how: RequestEnd
    }
  | { readonly fact: 'admission-owner-changed'; readonly socket: string; readonly app: string; readonly room: string }
  | { readonly fact: 'admission-relayed'; readonly event: string }
  | { readonly fact: 'admission-garbled'; readonly address: string; readonly fault: string }
  | { readonly fact: 'admission-flooded'; readonly address: string; readonly socket: string }
  | { readonly fact: 'admission-overflowed'; readonly address: string; readonly socket: string }
