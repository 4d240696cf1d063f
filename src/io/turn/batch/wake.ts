/** A number in the kernel by which one thread wakes another that sleeps in `epoll_wait`. */
import { eventFd } from './layout.ts'
import { errno, libc } from './libc.ts'

/** Whoever makes it closes it, when nobody waits for it any more. Throws when the system has no more descriptors. */
export function createEventFd(): number {
  const fd = libc().eventfd(0, eventFd.closeOnExec | eventFd.nonBlocking)
  if (fd < 0) throw new Error(`no eventfd: errno ${errno()}`)
  return fd
}

/** Wakes whoever waits for this eventfd, now or when it waits the next time. From any thread. */
export function wake(fd: number): void {
  libc().eventfd_write(fd, 1n)
}

export function closeEventFd(fd: number): void {
  libc().close(fd)
}
