/** What a worker of the TURN server is made of, whichever way it speaks to the sockets. */
import type { WorldFact } from '../../observe/facts.ts'
import type { TurnFact } from '../../turn/facts.ts'
import type { HookAnswer } from '../../turn/hook-answers.ts'
import type { Ledger } from '../../turn/ledger.ts'
import type { TurnSettings } from '../../turn/settings.ts'
import type { Counters } from './counters.ts'

/** One listening socket. Its place in the list is the number of `Client.listener`. */
export type TurnListener =
  | { readonly transport: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly transport: 'tls'
      readonly host: string
      readonly port: number
      readonly certificate: string
      readonly key: string
    }

export interface WorkerParts {
  readonly listeners: readonly TurnListener[]
  readonly settings: TurnSettings
  readonly ledger: Ledger
  readonly counters: Counters
  readonly note: (fact: TurnFact | WorldFact) => void
  readonly askHook: (username: string) => void
  /** The eventfd by which the main thread says that a message is there, for a worker that sleeps in the kernel. */
  readonly wakeFd?: number | undefined
}

/** A worker at work. */
export interface TurnWorker {
  /** The ports that the listeners have, in their order. */
  readonly ports: readonly number[]
  hookAnswered(username: string, answer: HookAnswer | undefined): void
  reload(settings: TurnSettings): void
  /** Makes nothing new any more; resolves when the last allocation is gone. */
  drain(): Promise<void>
  /** Ends everything. */
  stop(): Promise<void>
}
