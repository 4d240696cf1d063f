/** Serves the call page: plain files, from nowhere but here, which may load nothing from elsewhere. */
import type { Methods, Paths, Route } from '../router.ts'
import { built } from './built.ts'
import { bundlePages, type PageTexts } from './bundle.ts'

interface PageFile {
  readonly plain: Uint8Array<ArrayBuffer>
  readonly zipped: Uint8Array<ArrayBuffer>
  readonly headers: Readonly<Record<string, string>>
  readonly tag: string
}

const root = '/demo'

const types: Readonly<Record<string, string>> = {
  '': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

/** Scripts and styles in files of ours only; connections to us only; in nobody's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob: mediastream:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const common = {
  'cache-control': 'no-cache',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(self), geolocation=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  vary: 'accept-encoding',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** `token` answers `POST /demo/token`. */
export function pagePaths(token: Route): Paths {
  let files: Promise<ReadonlyMap<string, PageFile>> | undefined

  /** Made when the first browser asks. */
  async function fileNamed(name: string): Promise<PageFile | undefined> {
    files ??= readFiles()
    try {
      return (await files).get(name)
    } catch (error) {
      // The next one who asks may find the sources whole again.
      files = undefined
      throw error
    }
  }

  const serve = (name: string): Methods => ({
    async GET(request) {
      const file = await fileNamed(name)
      return file ? answer(request, file) : new Response('Not found\n', { status: 404 })
    },
  })
  const page = serve('')
  // Relative, because somebody in front of us may have put a path before ours.
  const away: Methods = { GET: () => new Response(null, { status: 308, headers: { location: '../demo' } }) }

  return (path) => {
    if (!path.startsWith(root)) return undefined
    if (path === root || path === `${root}.html`) return page
    if (path === `${root}/`) return away
    if (path === `${root}/token`) return { POST: token }
    const name = path.slice(root.length + 1)
    return path[root.length] === '/' && Object.hasOwn(types, name) ? serve(name) : undefined
  }
}

async function readFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const texts: PageTexts = built ?? (await bundlePages())
  return new Map(Object.entries(texts).map(([name, text]) => [name, pageFile(text, types[name] ?? '')]))
}

function pageFile(text: string, type: string): PageFile {
  const plain = new TextEncoder().encode(text)
  const tag = `"${new Bun.CryptoHasher('sha256').update(plain).digest('hex').slice(0, 32)}"`
  return { plain, zipped: Bun.gzipSync(plain), headers: { ...common, 'content-type': type, etag: tag }, tag }
}

function answer(request: Request, { plain, zipped, headers, tag }: PageFile): Response {
  if (request.headers.get('if-none-match') === tag) return new Response(null, { status: 304, headers })
  const takesZipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
  return takesZipped
    ? new Response(zipped, { headers: { ...headers, 'content-encoding': 'gzip' } })
    : new Response(plain, { headers })
}
