/** The words after `serve` and `proxy`. */
import { parseArgs } from 'node:util'
import { type LogFormat, type LogLevel, logFormats, logLevels } from '../observe/log.ts'

export interface Options {
  /** The configuration. */
  readonly file: string | undefined
  readonly format: LogFormat
  readonly level: LogLevel
}

/** A text says what is wrong with them. */
export function optionsOf(args: readonly string[]): Options | string {
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
