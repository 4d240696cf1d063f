/** A child process with its output kept, ended by its own handle at the end of its scope. */

export interface Child extends AsyncDisposable {
  readonly pid: number
  /** What it wrote on stdout and stderr so far; of a long run only the end. */
  output(): string
  readonly exited: Promise<number>
  hasExited(): boolean
  kill(signal?: NodeJS.Signals): void
  /** Resolves once the output matches; fails when the process ends or the limit passes before. */
  said(pattern: RegExp, limitMs: number): Promise<RegExpExecArray>
}

export interface ChildOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** After this long the polite signal is followed by SIGKILL. */
  readonly graceMs?: number
}

const keptCharacters = 400_000

export function startChild(command: readonly string[], options: ChildOptions = {}): Child {
  let text = ''
  let over = false
  const waiting = new Set<() => void>()
  const tellWaiting = () => {
    for (const look of [...waiting]) look()
  }
  const process_ = Bun.spawn([...command], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const keep = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-keptCharacters)
      tellWaiting()
    }
  }
  const drained = Promise.allSettled([keep(process_.stdout), keep(process_.stderr)])
  const exited = process_.exited.then(async (code) => {
    await drained
    over = true
    tellWaiting()
    return code
  })

  return {
    pid: process_.pid,
    output: () => text,
    exited,
    hasExited: () => over,
    kill: (signal = 'SIGTERM') => process_.kill(signal),
    said: (pattern, limitMs) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text)
          if (!found && !over) return
          finish()
          if (found) resolve(found)
          else reject(new Error(`${command[0]} ended before it said ${pattern}:\n${text}`))
        }
        const limit = setTimeout(() => {
          finish()
          reject(new Error(`${command[0]} did not say ${pattern} within ${limitMs} ms:\n${text}`))
        }, limitMs)
        const finish = () => {
          clearTimeout(limit)
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      }),
    async [Symbol.asyncDispose]() {
      if (over) return
      process_.kill('SIGTERM')
      const impatience = setTimeout(() => process_.kill('SIGKILL'), options.graceMs ?? 5_000)
      await exited
      clearTimeout(impatience)
    },
  }
}
