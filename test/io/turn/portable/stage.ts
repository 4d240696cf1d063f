/** A portable worker in the test's own thread, with everything that it says to look at. */
import { randomInt } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { counterBytes, counterNames, countersIn, type TurnCounterName } from '../../../../src/io/turn/counters.ts'
import type { StreamLimits } from '../../../../src/io/turn/portable/connections.ts'
import { type PortableOptions, startPortableWorker } from '../../../../src/io/turn/portable/start.ts'
import type { TurnListener, TurnWorker, WorkerParts } from '../../../../src/io/turn/world.ts'
import { createLedger } from '../../../../src/turn/ledger.ts'
import type { TurnSettings } from '../../../../src/turn/settings.ts'
import { alice, settings } from '../../../contract/turn-world.ts'
import { selfSigned } from '../../../support/self-signed.ts'
import type { TempFolder } from '../../../support/temp-folder.ts'
import { startTurnClient, type TurnClient } from '../../../support/turn-client.ts'

type Fact = Parameters<WorkerParts['note']>[0]

export interface Stage extends AsyncDisposable {
  readonly worker: TurnWorker
  readonly port: number
  readonly facts: readonly Fact[]
  /** Resolves with the first fact of this name, or the second, … */
  told<N extends Fact['fact']>(name: N, count?: number): Promise<Extract<Fact, { readonly fact: N }>>
  counter(name: TurnCounterName): number
  client(who?: typeof alice): Promise<TurnClient>
}

export interface StageParts extends Pick<PortableOptions, 'makeServer'> {
  readonly listener?: TurnListener
  /** Behind that one. */
  readonly more?: readonly TurnListener[]
  readonly settings?: Partial<TurnSettings>
  readonly limits?: StreamLimits
}

export const tcp: TurnListener = { transport: 'tcp', host: '127.0.0.1', port: 0 }
export type TlsListener = Extract<TurnListener, { readonly transport: 'tls' }>

/** With a certificate in files of its own. */
export function tlsListener(folder: TempFolder, { cert, key } = selfSigned()): TlsListener {
  const listener = { certificate: folder.file('cert.pem'), key: folder.file('key.pem') }
  writeFileSync(listener.certificate, cert)
  writeFileSync(listener.key, key)
  return { transport: 'tls', host: '127.0.0.1', port: 0, ...listener }
}

/** Too long to be met by accident. */
export const patient: StreamLimits = { allocate: 60_000, handshake: 60_000, parting: 2_000 }

export async function startStage({
  listener = tcp,
  more = [],
  settings: but,
  limits = patient,
  makeServer,
}: StageParts = {}): Promise<Stage> {
  const present = settings(but)
  const memory = new ArrayBuffer(counterBytes)
  const facts: Fact[] = []
  const watchers = new Set<() => void>()
  const parts: WorkerParts = {
    listeners: [listener, ...more],
    settings: present,
    ledger: createLedger({ shape: present.peers.relayPorts, limits: present, random: randomInt }),
    counters: countersIn(memory),
    note(fact) {
      facts.push(fact)
      for (const watcher of watchers) watcher()
    },
    askHook() {},
  }
  const worker = await startPortableWorker(parts, { limits, ...(makeServer ? { makeServer } : {}) })
  const [port = 0] = worker.ports
  const clients = new DisposableStack()
  return {
    worker,
    port,
    facts,
    told: (name, count = 1) =>
      new Promise((resolve) => {
        const look = () => {
          const all = facts.filter((fact): fact is Extract<Fact, { readonly fact: typeof name }> => fact.fact === name)
          const found = all[count - 1]
          if (!found) return
          watchers.delete(look)
          resolve(found)
        }
        watchers.add(look)
        look()
      }),
    counter: (name) => parts.counters.values[counterNames.indexOf(name)] ?? 0,
    async client(who = alice) {
      return clients.use(await startTurnClient(listener.transport, { host: listener.host, port }, who))
    },
    async [Symbol.asyncDispose]() {
      clients.dispose()
      await worker.stop()
    },
  }
}
