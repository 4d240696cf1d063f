/** Runs what listens from its start to its end: faults told before anything starts, signals obeyed, the file read again. */
import type { Config } from '../config/config.ts'
import { type Fault, printFault } from '../config/fault.ts'
import type { Reload } from '../config/reload.ts'
import { removeStaleSocket } from '../io/stale-socket.ts'
import { type Report, startReport } from '../observe/report.ts'
import type { Options } from './options.ts'

/** Something that listens. */
export interface Running<C> {
  /** Resolves when something is gone without which it is of no use: then it is to be stopped. */
  readonly broken?: Promise<Error>
  /** Takes over what may change while running. */
  reload(config: C): void
  /** Accepts nothing new; resolves when nobody needs it any more. */
  drain(): Promise<void>
  stop(): Promise<void>
}

/** How to make one, and the configuration of it. */
export interface Program<C> {
  /** Throws if the file cannot be read. */
  readonly read: (file: string) => { readonly config: C | undefined; readonly faults: readonly Fault[] }
  /** Of a program that also runs without a file. */
  readonly withoutFile?: () => C
  readonly reloaded: (old: C, next: C) => Reload<C>
  /** Rejects if it cannot be had. */
  readonly start: (config: C, report: Report) => Promise<Running<C>>
  /** For whoever started it, once it runs. */
  readonly greeting?: (config: C) => string
}

/** How long (ms) answers that are on their way may take after the stop; nothing else may hold the process up. */
const lingering = 500
const cannotStart = 1
/** It ran and could not go on: whoever watches over it should start it again. */
const hasBroken = 1

/** Resolves with the exit code. */
export async function runProgram<C extends Pick<Config, 'http' | 'https'>>(
  { file, format, level }: Options,
  program: Program<C>,
): Promise<number> {
  const config = file === undefined ? program.withoutFile?.() : configOf(file, program)
  if (!config) return cannotStart

  const report = startReport({ format, level, write: (lines) => process.stderr.write(lines), now: Date.now })
  let running: Running<C>
  try {
    for (const address of [...config.http.listen, ...config.https.listen]) {
      if (address.kind === 'unix') await removeStaleSocket(address.path)
    }
    running = await program.start(config, report)
  } catch (error) {
    process.stderr.write(`heliograph cannot start: ${explain(error)}\n`)
    return cannotStart
  }
  if (program.greeting) process.stdout.write(program.greeting(config))
  const code = await untilStopped(running, config, file, program, report)
  report.note({ fact: 'stopped' })
  report.flush()
  setTimeout(() => process.exit(code), lingering).unref()
  return code
}

/** The configuration of a file; without one it is usable for nothing, and standard error says why. */
function configOf<C>(file: string, { read }: Program<C>): C | undefined {
  let found: ReturnType<typeof read>
  try {
    found = read(file)
  } catch (error) {
    process.stderr.write(`heliograph cannot start: ${file} cannot be read: ${explain(error)}\n`)
    return undefined
  }
  for (const fault of found.faults) process.stderr.write(`${printFault(fault)}\n`)
  if (!found.config) process.stderr.write(`heliograph cannot start: ${file} is not usable, see above\n`)
  return found.config
}

/** Resolves with the exit code when a signal, or a part that broke, has ended the running. */
function untilStopped<C>(
  running: Running<C>,
  config: C,
  file: string | undefined,
  program: Program<C>,
  report: Report,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  let present = config
  let isStopping = false

  const stop = (signal: string, code = 0): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) {
      report.flush()
      process.exit(code)
    }
    isStopping = true
    report.note({ fact: 'stopping', signal })
    void running.stop().then(() => resolve(code))
  }
  void running.broken?.then(() => {
    if (!isStopping) stop('a part is broken', hasBroken)
  })
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGUSR1', () => {
    report.note({ fact: 'stopping', signal: 'SIGUSR1' })
    void running.drain().then(() => {
      if (!isStopping) stop('drained')
    })
  })
  process.on('SIGHUP', () => {
    if (file !== undefined) present = reload(running, present, file, program, report)
  })
  return promise
}

function reload<C>(running: Running<C>, present: C, file: string, program: Program<C>, report: Report): C {
  try {
    const { config: next, faults } = program.read(file)
    for (const fault of faults) {
      report.note({ fact: 'config-fault', severity: fault.severity, message: printFault(fault) })
    }
    if (!next) return present
    const { config, taken, needRestart } = program.reloaded(present, next)
    running.reload(config)
    report.note({ fact: 'reloaded', taken, needRestart })
    return config
  } catch (error) {
    report.note({ fact: 'config-fault', severity: 'error', message: `${file} cannot be read: ${explain(error)}` })
    return present
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return `${error.message} (another program listens there: stop it or change [http] listen)`
  if (code === 'EACCES') return `${error.message} (ports below 1024 need a privilege: choose another in [http] listen)`
  return error.message
}
