/** The system calls of the relay, taken from the C library of this machine. Loaded at first use, so that other systems can import this file. */
import { dlopen, toArrayBuffer } from 'bun:ffi'
import { failure, type Result, success } from '../../../lib/result.ts'

const functions = {
  __errno_location: { args: [], returns: 'ptr' },
  mmap: { args: ['ptr', 'usize', 'i32', 'i32', 'i32', 'i64'], returns: 'ptr' },
  munmap: { args: ['ptr', 'usize'], returns: 'i32' },
  socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
  bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  close: { args: ['i32'], returns: 'i32' },
  getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
  setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
  recvmsg: { args: ['i32', 'ptr', 'i32'], returns: 'i32' },
  recvmmsg: { args: ['i32', 'ptr', 'u32', 'i32', 'ptr'], returns: 'i32' },
  sendto: { args: ['i32', 'ptr', 'usize', 'i32', 'ptr', 'u32'], returns: 'i32' },
  sendmmsg: { args: ['i32', 'ptr', 'u32', 'i32'], returns: 'i32' },
  epoll_create1: { args: ['i32'], returns: 'i32' },
  epoll_ctl: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
  epoll_wait: { args: ['i32', 'ptr', 'i32', 'i32'], returns: 'i32' },
  eventfd: { args: ['u32', 'i32'], returns: 'i32' },
  eventfd_read: { args: ['i32', 'ptr'], returns: 'i32' },
  eventfd_write: { args: ['i32', 'u64'], returns: 'i32' },
} as const

const machines = { x64: 'x86_64', arm64: 'aarch64' } as const

function load() {
  const machine = process.arch === 'x64' || process.arch === 'arm64' ? machines[process.arch] : undefined
  if (process.platform !== 'linux' || machine === undefined) {
    throw new Error(`made for Linux on x86-64 and arm64, this is ${process.platform} on ${process.arch}`)
  }
  const faults: unknown[] = []
  for (const name of ['libc.so.6', `libc.musl-${machine}.so.1`]) {
    try {
      return dlopen(name, functions).symbols
    } catch (fault) {
      faults.push(fault)
    }
  }
  throw new AggregateError(faults, 'no C library that can be used')
}

/** All calls return −1 on failure, and `errno` says why. Whoever passes an address answers for what is there. */
export type Libc = ReturnType<typeof load>

let loaded: Libc | undefined

/** Throws where there is none; see `canUseBatch`. */
export function libc(): Libc {
  loaded ??= load()
  return loaded
}

let lastError: Int32Array | undefined

/** Why the last call of this thread failed. */
export function errno(): number {
  if (lastError === undefined) {
    const address = libc().__errno_location()
    if (address === null) return 0
    lastError = new Int32Array(toArrayBuffer(address, 0, 4))
  }
  return lastError[0] ?? 0
}

/** Whether this machine lets us have what the batch path needs; otherwise why not. */
export function canUseBatch(): Result<void, string> {
  try {
    const c = libc()
    errno()
    for (const [name, open] of [
      ['epoll_create1', () => c.epoll_create1(0)],
      ['eventfd', () => c.eventfd(0, 0)],
      ['socket', () => c.socket(2, 2, 0)],
    ] as const) {
      const fd = open()
      if (fd < 0) return failure(`${name} failed with errno ${errno()}`)
      c.close(fd)
    }
    return success(undefined)
  } catch (fault) {
    return failure(fault instanceof Error ? fault.message : String(fault))
  }
}
