/** What main thread and workers of the TURN server say to each other. */
import type { WorldFact } from '../../observe/facts.ts'
import type { TurnFact } from '../../turn/facts.ts'
import type { HookAnswer } from '../../turn/hook-answers.ts'
import type { TurnSettings } from '../../turn/settings.ts'
import type { TurnListener } from './world.ts'

export type ToTurnWorker =
  | {
      readonly kind: 'start'
      /** `batch` serves UDP listeners only. */
      readonly path: 'batch' | 'portable'
      readonly listeners: readonly TurnListener[]
      readonly settings: TurnSettings
      /** See `createLedger`. */
      readonly ledger: SharedArrayBuffer
      /** See `countersIn`. */
      readonly counters: SharedArrayBuffer
      /** A batch worker sleeps in the kernel: after a message the main thread adds one to this eventfd. */
      readonly wakeFd: number | undefined
    }
  | { readonly kind: 'hook-answered'; readonly username: string; readonly answer: HookAnswer | undefined }
  | { readonly kind: 'reload'; readonly settings: TurnSettings }
  | { readonly kind: 'drain' }
  | { readonly kind: 'stop' }

export type FromTurnWorker =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  /** `code` is that of a system error, such as EADDRINUSE. */
  | { readonly kind: 'cannot-start'; readonly error: string; readonly code: string | undefined }
  | { readonly kind: 'facts'; readonly facts: readonly CountedFact[] }
  | { readonly kind: 'ask-hook'; readonly username: string }
  | { readonly kind: 'drained' }
  | { readonly kind: 'stopped' }

/** Facts that come in floods are told once per kind and moment, with how often. */
export interface CountedFact {
  readonly fact: TurnFact | WorldFact
  readonly times: number
}
