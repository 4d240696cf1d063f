/** The threads of the TURN server as the main thread sees them: started, spoken to, ended, and never lost unnoticed. */
import { within } from '../within.ts'
import { closeEventFd, createEventFd, wake } from './batch/wake.ts'
import type { FromTurnWorker, ToTurnWorker } from './worker-messages.ts'

export interface WorkerThread {
  /** Where its listeners are, in their order. */
  readonly ports: readonly number[]
  /** Of a thread that is gone nothing comes back. */
  say(message: Exclude<ToTurnWorker, { readonly kind: 'start' | 'drain' | 'stop' }>): void
  /** Resolves when it has no allocation left, or has ended. */
  drain(): Promise<void>
  /** Ends all that it does, and the thread. */
  stop(): Promise<void>
}

export interface ThreadParts {
  readonly start: Omit<Extract<ToTurnWorker, { readonly kind: 'start' }>, 'kind' | 'wakeFd'>
  readonly facts: (message: Extract<FromTurnWorker, { readonly kind: 'facts' }>) => void
  readonly askHook: (username: string, thread: WorkerThread) => void
  /** It ended, or something was thrown in it, and nobody had told it to stop. */
  readonly broke: (error: Error) => void
  /** The file in which the thread begins, for tests. */
  readonly file?: URL
}

/** ms. */
const startLimit = 20_000
const stopLimit = 5000

/** In the single executable all modules are one file, and the workers lie beside it by the paths that they have in `src`. */
const workerUrl = new URL(
  import.meta.url.endsWith('/worker-threads.ts') ? './worker.ts' : './io/turn/worker.ts',
  import.meta.url,
)

/** Rejects when it cannot do what it is to do, an address that cannot be had for example; nothing is left of it then. */
export async function startWorkerThread(parts: ThreadParts): Promise<WorkerThread> {
  const wakeFd = parts.start.path === 'batch' ? createEventFd() : undefined
  const started = Promise.withResolvers<readonly number[]>()
  const drained = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const worker = new Worker(parts.file ?? workerUrl)
  let phase: 'starting' | 'working' | 'stopping' | 'ended' = 'starting'

  function post(message: ToTurnWorker): void {
    if (phase === 'ended') return
    worker.postMessage(message)
    if (wakeFd !== undefined) wake(wakeFd)
  }

  function lost(error: Error): void {
    if (phase === 'working') parts.broke(error)
    if (phase !== 'stopping') end()
    started.reject(error)
    drained.resolve()
    stopped.resolve()
  }

  function end(): void {
    if (phase === 'ended') return
    phase = 'ended'
    worker.terminate()
    if (wakeFd !== undefined) closeEventFd(wakeFd)
  }

  function heard(message: FromTurnWorker): void {
    switch (message.kind) {
      case 'listening':
        return started.resolve(message.ports)
      case 'cannot-start':
        return started.reject(Object.assign(new Error(message.error), { code: message.code }))
      case 'facts':
        return parts.facts(message)
      case 'ask-hook':
        return parts.askHook(message.username, thread)
      case 'drained':
        return drained.resolve()
      case 'stopped':
        return stopped.resolve()
    }
  }

  worker.addEventListener('message', ({ data }: MessageEvent<FromTurnWorker>) => heard(data))
  worker.addEventListener('error', ({ message }) => lost(new Error(message)))
  worker.addEventListener('close', () => lost(new Error('the thread has ended')))
  let ports: readonly number[] = []
  const thread: WorkerThread = {
    get ports() {
      return ports
    },
    say: post,
    drain() {
      post({ kind: 'drain' })
      return drained.promise
    },
    async stop() {
      if (phase !== 'working') return
      phase = 'stopping'
      post({ kind: 'stop' })
      await within(stopLimit, stopped.promise).catch(() => {})
      end()
    },
  }
  try {
    post({ kind: 'start', ...parts.start, wakeFd })
    ports = await within(startLimit, started.promise)
    phase = 'working'
    return thread
  } catch (error) {
    end()
    throw error
  }
}
