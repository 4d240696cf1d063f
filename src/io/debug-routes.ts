/** What `/debug/pprof/` shows while `[app] debug` is on: how the memory of this process is used. */
import { heapStats } from 'bun:jsc'

const index = `Heliograph, debug pages

memory      what the process holds, bytes (resident, heap, buffers), and how long it runs and computed, seconds
heap        what the garbage collector knows, objects by type included
heap?gc=1   the same after a full collection, which stops everybody for a moment
`

const root = '/debug/pprof'

/** The page at a path, or undefined if there is none. Whether it may be shown is for the caller to say. */
export function debugPage(path: string): ((request: Request) => Response) | undefined {
  switch (path) {
    case root:
    case `${root}/`:
      return () => new Response(index)
    case `${root}/memory`:
      return () => json(memory())
    case `${root}/heap`:
      return (request) => {
        if (new URL(request.url).searchParams.get('gc') === '1') Bun.gc(true)
        return json(heapStats())
      }
    default:
      return undefined
  }
}

function memory(): unknown {
  const { user, system } = process.cpuUsage()
  return { ...process.memoryUsage(), uptime: process.uptime(), cpu: { user: user / 1e6, system: system / 1e6 } }
}

const json = (value: unknown): Response =>
  new Response(`${JSON.stringify(value, null, 2)}\n`, {
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' },
  })
