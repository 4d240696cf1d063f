/** A thread of the TURN server: does what the main thread says with one of the two ways of speaking to sockets. */
import { randomInt } from 'node:crypto'
import { createLedger, type SharedLedger } from '../../turn/ledger.ts'
import { countersIn } from './counters.ts'
import { createFactsPost } from './facts-post.ts'
import type { FromTurnWorker, ToTurnWorker } from './worker-messages.ts'
import type { TurnWorker, WorkerParts } from './world.ts'

declare const self: Worker

interface AtWork {
  readonly worker: TurnWorker
  readonly ledger: SharedLedger
}

const say = (message: FromTurnWorker): void => self.postMessage(message)
const facts = createFactsPost({
  post: (counted) => say({ kind: 'facts', facts: counted }),
  now: () => performance.now(),
  later: (callback, ms) => void setTimeout(callback, ms),
})

let atWork: AtWork | undefined

self.onmessage = ({ data }: MessageEvent<ToTurnWorker>): void => {
  if (data.kind === 'start') void start(data)
  else if (atWork) obey(atWork, data)
}

async function start(task: Extract<ToTurnWorker, { readonly kind: 'start' }>): Promise<void> {
  const { settings, listeners, wakeFd } = task
  try {
    const shape = settings.peers.relayPorts
    const ledger = createLedger({ shape, limits: settings, random: randomInt, memory: task.ledger })
    const parts: WorkerParts = {
      listeners,
      settings,
      ledger,
      counters: countersIn(task.counters),
      note: facts.note,
      askHook: (username) => say({ kind: 'ask-hook', username }),
      wakeFd,
    }
    const worker = await startedWorker(task.path, parts)
    atWork = { worker, ledger }
    say({ kind: 'listening', ports: worker.ports })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    say({ kind: 'cannot-start', error: error instanceof Error ? error.message : String(error), code })
  }
}

/** A thread has only one of the two in its memory. */
async function startedWorker(path: 'batch' | 'portable', parts: WorkerParts): Promise<TurnWorker> {
  if (path === 'batch') return (await import('./batch/start.ts')).startBatchWorker(parts)
  return (await import('./portable/start.ts')).startPortableWorker(parts)
}

function obey({ worker, ledger }: AtWork, order: Exclude<ToTurnWorker, { readonly kind: 'start' }>): void {
  switch (order.kind) {
    case 'hook-answered':
      return worker.hookAnswered(order.username, order.answer)
    case 'reload':
      ledger.limit(order.settings)
      return worker.reload(order.settings)
    case 'drain':
      return void worker.drain().then(() => say({ kind: 'drained' }))
    case 'stop':
      return void worker.stop().then(() => {
        facts.flush()
        say({ kind: 'stopped' })
      })
  }
}
