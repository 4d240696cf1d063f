/** Which sockets have something to read: one `epoll` set, looked at with one call for all of them. */
import { epoll, eventData, eventSize } from './layout.ts'
import { errno, libc } from './libc.ts'
import type { Region } from './region.ts'

const mostEvents = 256
export const readinessOctets = mostEvents * eventSize + 256

export interface Readiness {
  /** False when the system refuses. */
  add(fd: number): boolean
  remove(fd: number): void
  /** Waits until there is something, or so many ms; returns how many there are. 0 also after a signal. */
  wait(ms: number): number
  /** Of the last `wait`. */
  fdOf(index: number): number
  hasError(index: number): boolean
  close(): void
}

/** Throws when the system has no more descriptors. */
export function createReadiness(region: Region): Readiness {
  const c = libc()
  const { epoll_wait } = c
  const { words } = region
  const events = region.take(mostEvents * eventSize)
  const one = region.take(eventSize)
  const set = c.epoll_create1(epoll.closeOnExec)
  if (set < 0) throw new Error(`no epoll: errno ${errno()}`)
  const eventsAddress = region.addressOf(events)
  return {
    add(fd) {
      words[one >> 2] = epoll.in
      words[(one + eventData) >> 2] = fd
      return c.epoll_ctl(set, epoll.add, fd, region.addressOf(one)) === 0
    },
    remove(fd) {
      c.epoll_ctl(set, epoll.remove, fd, region.addressOf(one))
    },
    wait: (ms) => Math.max(0, epoll_wait(set, eventsAddress, mostEvents, ms)),
    fdOf: (index) => words[(events + index * eventSize + eventData) >> 2] ?? -1,
    hasError: (index) => ((words[(events + index * eventSize) >> 2] ?? 0) & epoll.error) !== 0,
    close: () => {
      c.close(set)
    },
  }
}
