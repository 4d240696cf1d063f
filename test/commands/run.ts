/** The program as an operator types it, run to its end. */
import { ourLauncher } from '../support/ours.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Only for commands that end by themselves; one that does not is ended after 10 s and its code is not 0. */
export async function heliograph(...args: readonly string[]): Promise<Ended> {
  const child = Bun.spawn([ourLauncher, ...args], { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', timeout: 10_000 })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, stdout, stderr }
}

/** A configuration that is as short as it can be. */
export const shortConf = (listen: string): string =>
  `[http]\nlisten = ${listen}\n[sessions]\nhashkey = ${'h'.repeat(32)}\n[backend]\nallowall = true\nsecret = the-secret-of-all\n`
