/** What a process has used so far, as Linux tells it: CPU time of all its threads and resident memory. */

import { readFileSync } from 'node:fs'

/** USER_HZ, the unit of times in /proc, is 100 on every common Linux. */
const microsPerTick = 10_000

/** CPU time of a process and all its threads since it started, user and system, in µs. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return parseCpuTicks(stat) * microsPerTick
}

/** Fields 14 and 15 of /proc/<pid>/stat; the name in field 2 may itself hold spaces and parentheses. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

export function parseResidentBytes(status: string): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status)
  return Number(found?.[1]) * 1024
}
