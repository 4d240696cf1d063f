/** Our own server, started as an operator starts it. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RunningServer, ServerSettings } from './running-server.ts'
import { runServer } from './running-server.ts'

const root = resolve(import.meta.dir, '../..')

export const ourLauncher: string = resolve(root, 'bin/heliograph')

export function startOurs(settings: ServerSettings): Promise<RunningServer> {
  return runServer((file) => [ourLauncher, 'serve', '--config', file], settings)
}

/** True while there is nothing to start; then a line "NOT RUN: …" has been printed. */
export function oursMissing(suite: string): boolean {
  const missing = !existsSync(resolve(root, 'src/main.ts'))
  if (missing) console.log(`NOT RUN: ${suite}: needs src/main.ts`)
  return missing
}
