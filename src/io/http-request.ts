/** Where an HTTP request goes, and the bytes in which it goes there. */

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  /** http or https, as the URL parser writes it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** ms until the request fails, waiting for a connection included. */
  readonly limit: number
}

export interface Target {
  /** Scheme, host and port. */
  readonly key: string
  readonly hostname: string
  readonly port: number
  readonly secure: boolean
  readonly hostHeader: string
}

export interface Located {
  readonly target: Target
  readonly path: string
}

/** Clients name the URLs, and in some set-ups they may name any number of them. */
const mostUrls = 1000

/** Takes URLs apart, and remembers those that come again and again. */
export function createLocator(): (url: string) => Located {
  const known = new Map<string, Located>()
  return (url) => {
    const former = known.get(url)
    if (former) return former
    if (known.size >= mostUrls) known.clear()
    const located = locate(url)
    known.set(url, located)
    return located
  }
}

function locate(url: string): Located {
  const { protocol, hostname, port, host, pathname, search } = new URL(url)
  const secure = protocol === 'https:'
  const target: Target = {
    key: `${protocol}//${host}`,
    // An IPv6 address stands in brackets in a URL only.
    hostname: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    secure,
    hostHeader: host,
  }
  return { target, path: pathname + search }
}

/** Throws where a header could not be sent as it is. */
export function encodeRequest(
  { method, headers, body }: HttpRequest,
  { hostHeader }: Target,
  path: string,
): Uint8Array {
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${hostHeader}\r\n`
  for (const name in headers) {
    const value = headers[name] ?? ''
    // A line break would begin a header of somebody else's making.
    if (/[^\t\x20-\x7e]/.test(value)) throw new TypeError(`the header ${name} has an unusable value`)
    head += `${name}: ${value}\r\n`
  }
  if (body !== undefined) head += `Content-Length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(`${head}\r\n${body ?? ''}`)
}
