/** The browser's Socket.IO client, which the original offers beside the endpoint: of the version that the server has. */
import packageFile from 'socket.io/package.json' with { type: 'json' }
import type { Route } from '../router.ts'

type Read = () => Promise<{ readonly default: string }>

/** By name; in the single executable they lie within. */
const files: Readonly<Record<string, Read>> = {
  'socket.io.js': () => import('../../../node_modules/socket.io/client-dist/socket.io.js', { with: { type: 'text' } }),
  'socket.io.min.js': () =>
    import('../../../node_modules/socket.io/client-dist/socket.io.min.js', { with: { type: 'text' } }),
  'socket.io.esm.min.js': () =>
    import('../../../node_modules/socket.io/client-dist/socket.io.esm.min.js', { with: { type: 'text' } }),
}

/** Undefined for other names. */
export function clientBundle(name: string): Route | undefined {
  const read = Object.hasOwn(files, name) ? files[name] : undefined
  return read && ((request) => bundleResponse(request, read))
}

async function bundleResponse(request: Request, read: Read): Promise<Response> {
  const etag = `"${packageFile.version}"`
  const headers = {
    'cache-control': 'public, max-age=0',
    'content-type': 'application/javascript; charset=utf-8',
    etag,
  }
  const known = request.headers.get('if-none-match')
  if (known === etag || known === `W/${etag}`) return new Response(null, { status: 304, headers })
  // Where the packages lie elsewhere, pages have to bring the client along.
  const bundle = await read().catch(() => undefined)
  return bundle ? new Response(bundle.default, { headers }) : new Response('Not found\n', { status: 404 })
}
