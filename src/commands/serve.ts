/** `heliograph serve`: the signaling server, with a file or in development mode. */
import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { developmentConfig } from '../config/development.ts'
import { reloaded } from '../config/reload.ts'
import { startSignalingServer } from '../signaling-server.ts'
import { developmentNotice } from './development-notice.ts'
import { optionsOf } from './options.ts'
import { readConfig } from './read-config.ts'
import { type Program, runProgram } from './run-program.ts'

const usageError = 2

const program: Program<Config> = { read: readConfig, reloaded, start: startSignalingServer }
const inDevelopment: Program<Config> = {
  ...program,
  withoutFile: () => developmentConfig((bytes) => randomBytes(bytes).toString('hex')),
  greeting: developmentNotice,
}

export async function serve(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  if (typeof options !== 'string') return runProgram(options, options.file === undefined ? inDevelopment : program)
  process.stderr.write(`heliograph serve: ${options}\n`)
  return usageError
}
