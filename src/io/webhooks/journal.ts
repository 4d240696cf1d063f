/**
 * What is to be called, kept in a file: lines are only ever appended, and what is written is on the disk before anything
 * is done about it. At the start, and when it has grown long, the file is written anew without what is over.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CallRecord } from './record.ts'

export interface JournalState {
  /** Not done, by room in the order of their numbers. */
  readonly pending: readonly CallRecord[]
  readonly floor: number
  readonly last: readonly (readonly [room: string, sequence: number])[]
}

export interface Journal {
  /** What was left over. */
  readonly found: JournalState
  /** Resolves when it is on the disk, or cannot be: then `failed` has been told. */
  put(record: CallRecord): Promise<void>
  /** Need not be waited for: a call that is made twice is recognised by its id. */
  done(id: string): void
  close(): Promise<void>
}

export interface JournalOptions {
  readonly folder: string
  /** The present state, for writing the file anew. */
  readonly state: () => JournalState
  readonly failed: (error: unknown) => void
  /** Bytes after which the file is written anew. */
  readonly longest?: number
}

const fileName = 'webhooks.jsonl'
const usuallyLongest = 8 * 1024 * 1024

const Line = z.union([
  z.object({ put: CallRecord }),
  z.object({ done: z.string() }),
  z.object({ last: z.tuple([z.string(), z.number().int()]) }),
  z.object({ floor: z.number().int() }),
])

/** Throws if the folder cannot be used. */
export function openJournal({ folder, state, failed, longest = usuallyLongest }: JournalOptions): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, fileName)
  const found = existsSync(path) ? stateOf(readFileSync(path, 'utf8')) : { pending: [], floor: 0, last: [] }
  let size = rewrite(folder, path, found)
  let handle: FileHandle | undefined
  let waiting: { readonly text: string; readonly settle: () => void }[] = []
  let writing: Promise<void> | undefined

  function write(text: string): Promise<void> {
    return new Promise((settle) => {
      waiting.push({ text, settle })
      writing ??= writeAll()
    })
  }

  /** Everything that waits goes to the disk together. */
  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        handle ??= await open(path, 'a', 0o600)
        const text = batch.map((one) => one.text).join('')
        await handle.appendFile(text)
        await handle.datasync()
        size += Buffer.byteLength(text)
        if (size > longest) await renew()
      } catch (error) {
        failed(error)
      }
      for (const { settle } of batch) settle()
    }
    writing = undefined
  }

  async function renew(): Promise<void> {
    await handle?.close()
    handle = undefined
    size = rewrite(folder, path, state())
    // A state that is long by itself is not written again with every line.
    longest = Math.max(longest, 2 * size)
  }

  return {
    found,
    put: (record) => write(line({ put: record })),
    done: (id) => void write(line({ done: id })),
    async close() {
      await writing
      await handle?.close()
      handle = undefined
    },
  }
}

const line = (value: z.input<typeof Line>): string => `${JSON.stringify(value)}\n`

/** A line that was not finished, or is none of ours, is passed over. */
function stateOf(text: string): JournalState {
  const pending = new Map<string, CallRecord>()
  const last = new Map<string, number>()
  let floor = 0
  for (const one of text.split('\n')) {
    const read = Line.safeParse(parsed(one))
    if (!read.success) continue
    const { data } = read
    if ('put' in data) {
      pending.set(data.put.id, data.put)
      last.set(data.put.room, Math.max(data.put.sequence, last.get(data.put.room) ?? 0))
    } else if ('done' in data) pending.delete(data.done)
    else if ('last' in data) last.set(data.last[0], Math.max(data.last[1], last.get(data.last[0]) ?? 0))
    else floor = Math.max(floor, data.floor)
  }
  const inOrder = [...pending.values()].sort((a, b) => a.sequence - b.sequence)
  return { pending: inOrder, floor, last: [...last] }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The new file takes the place of the old one only when it is complete. Answers its size. */
function rewrite(folder: string, path: string, { pending, floor, last }: JournalState): number {
  const text = [
    line({ floor }),
    ...last.map(([room, sequence]) => line({ last: [room, sequence] })),
    ...pending.map((record) => line({ put: record as z.input<typeof CallRecord> })),
  ].join('')
  const draft = `${path}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  toDisk(draft)
  renameSync(draft, path)
  toDisk(folder)
  return Buffer.byteLength(text)
}

function toDisk(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
