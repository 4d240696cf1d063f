/** `heliograph serve`: reads the configuration, runs the server, and listens to signals until its end. */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Config } from '../config/config.ts'
import { developmentConfig } from '../config/development.ts'
import { printFault } from '../config/load.ts'
import { reloaded } from '../config/reload.ts'
import { removeStaleSocket } from '../io/stale-socket.ts'
import { type LogFormat, type LogLevel, logFormats, logLevels } from '../observe/log.ts'
import { type Report, startReport } from '../observe/report.ts'
import { type SignalingServer, startSignalingServer } from '../signaling-server.ts'
import { developmentNotice } from './development-notice.ts'
import { type ReadConfig, readConfig } from './read-config.ts'

/** How long (ms) answers that are on their way may take after the stop; nothing else may hold the process up. */
const lingering = 500
const cannotStart = 1
/** It ran and could not go on: whoever watches over it should start it again. */
const hasBroken = 1
const usageError = 2

interface Options {
  readonly file: string | undefined
  readonly format: LogFormat
  readonly level: LogLevel
}

export async function serve(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  if (typeof options === 'string') {
    process.stderr.write(`heliograph serve: ${options}\n`)
    return usageError
  }
  const config = options.file === undefined ? developmentConfig(randomHex) : configOf(options.file)
  if (!config) return cannotStart

  const report = startReport({ ...options, write: (lines) => process.stderr.write(lines), now: Date.now })
  let server: SignalingServer
  try {
    for (const address of [...config.http.listen, ...config.https.listen]) {
      if (address.kind === 'unix') await removeStaleSocket(address.path)
    }
    server = await startSignalingServer(config, report)
  } catch (error) {
    process.stderr.write(`heliograph cannot start: ${explain(error)}\n`)
    return cannotStart
  }
  if (options.file === undefined) process.stdout.write(developmentNotice(config))
  const code = await untilStopped(server, config, options.file, report)
  report.note({ fact: 'stopped' })
  report.flush()
  setTimeout(() => process.exit(code), lingering).unref()
  return code
}

const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, 'log-format': { type: 'string' }, 'log-level': { type: 'string' } },
    })
    const format = values['log-format'] ?? 'json'
    const level = values['log-level'] ?? 'info'
    const isFormat = (text: string): text is LogFormat => logFormats.some((known) => known === text)
    const isLevel = (text: string): text is LogLevel => logLevels.some((known) => known === text)
    if (!isFormat(format)) return `--log-format is one of ${logFormats.join(', ')}`
    if (!isLevel(level)) return `--log-level is one of ${logLevels.join(', ')}`
    return { file: values.config, format, level }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The configuration of a file; without one it is usable for nothing, and standard error says why. */
function configOf(file: string): Config | undefined {
  let read: ReadConfig
  try {
    read = readConfig(file)
  } catch (error) {
    process.stderr.write(`heliograph cannot start: ${file} cannot be read: ${explain(error)}\n`)
    return undefined
  }
  for (const fault of read.faults) process.stderr.write(`${printFault(fault)}\n`)
  if (!read.config) process.stderr.write(`heliograph cannot start: ${file} is not usable, see above\n`)
  return read.config
}

/** Resolves with the exit code when a signal, or a part that broke, has ended the server. */
function untilStopped(
  server: SignalingServer,
  config: Config,
  file: string | undefined,
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
    void server.stop().then(() => resolve(code))
  }
  void server.broken.then(() => {
    if (!isStopping) stop('a part is broken', hasBroken)
  })
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGUSR1', () => {
    report.note({ fact: 'stopping', signal: 'SIGUSR1' })
    void server.drain().then(() => {
      if (!isStopping) stop('drained')
    })
  })
  process.on('SIGHUP', () => {
    if (file !== undefined) present = reload(server, present, file, report)
  })
  return promise
}

function reload(server: SignalingServer, present: Config, file: string, report: Report): Config {
  try {
    const { config: next, faults } = readConfig(file)
    for (const fault of faults) {
      report.note({ fact: 'config-fault', severity: fault.severity, message: printFault(fault) })
    }
    if (!next) return present
    const { config, taken, needRestart } = reloaded(present, next)
    server.reload(config)
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
