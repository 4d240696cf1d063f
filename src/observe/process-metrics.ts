/**
 * What the process itself costs, under the names that every Prometheus client uses. Not prom-client's own collection:
 * on Bun that one keeps a timer of 10 ms running and exports numbers that mean nothing there.
 */
import { readFileSync, statSync } from 'node:fs'
import type { GaugeName, TotalName } from './metrics.ts'

type Readings<Name extends string> = Readonly<Partial<Record<Extract<Name, `process_${string}`>, number>>>

const started = Date.now() / 1000 - process.uptime()

/** What cannot be read on this system is not there. */
export function processGauges(): Readings<GaugeName> {
  const status = textOf('/proc/self/status')
  const openFiles = status === undefined ? 0 : statSync('/proc/self/fd').size
  const virtual = numberIn(status, /^VmSize:\s+(\d+) kB/m)
  const mostFiles = numberIn(textOf('/proc/self/limits'), /^Max open files\s+(\d+)/m)
  return {
    process_start_time_seconds: started,
    process_resident_memory_bytes: process.memoryUsage.rss(),
    ...(virtual === undefined ? {} : { process_virtual_memory_bytes: virtual * 1024 }),
    // Older kernels tell 0, and counting the entries would take long where there are many.
    ...(openFiles > 0 ? { process_open_fds: openFiles } : {}),
    ...(mostFiles === undefined ? {} : { process_max_fds: mostFiles }),
  }
}

export function processTotals(): Readings<TotalName> {
  const { user, system } = process.cpuUsage()
  return {
    process_cpu_user_seconds_total: user / 1e6,
    process_cpu_system_seconds_total: system / 1e6,
    process_cpu_seconds_total: (user + system) / 1e6,
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function numberIn(text: string | undefined, pattern: RegExp): number | undefined {
  const found = text?.match(pattern)?.[1]
  return found === undefined ? undefined : Number(found)
}
