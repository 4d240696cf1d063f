/** A TCP connection that a test can cut, hold and lead elsewhere: what stands between a client and its server. */
import { connect, createServer, type Socket } from 'node:net'

export interface Cuttable extends AsyncDisposable {
  /** host:port */
  readonly address: string
  /** Ends what there is without a word; with `hold` nobody gets through until `mend()`. */
  cut(options?: { readonly hold?: boolean }): void
  mend(): void
  connectTo(address: string): void
}

export async function startCuttable(target: string): Promise<Cuttable> {
  const ends = new Set<Socket>()
  let [to, isHeld] = [target, false]
  const server = createServer((near) => {
    if (isHeld) return void near.resetAndDestroy()
    const [host = '', port = ''] = to.split(':')
    const far = connect(Number(port), host)
    const destroy = () => {
      near.destroy()
      far.destroy()
    }
    for (const end of [near, far]) {
      ends.add(end)
      end.on('error', destroy)
      end.on('close', () => {
        ends.delete(end)
        destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = server.address()
  const port = typeof own === 'object' && own !== null ? own.port : 0
  const cut = () => {
    for (const end of [...ends]) end.destroy()
  }
  return {
    address: `127.0.0.1:${port}`,
    cut({ hold = false } = {}) {
      isHeld = hold
      cut()
    },
    mend() {
      isHeld = false
    },
    connectTo(address) {
      to = address
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
