/** Headless Chromium for tests: with a fake camera, on pages that the test serves itself. */
import { X509Certificate } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { debian } from './deb.ts'

export interface BrowserUnderTest extends AsyncDisposable {
  /** Opens the page that was handed in. */
  open(): Promise<Page>
  /** Opens a page of somebody else's in a profile of its own; `before` runs in it ahead of its scripts. */
  visit(url: string, before?: string): Promise<Page>
}

/** Starts Chromium; `page` is served on a loopback address, which counts as a secure place, as cameras need it. */
export async function startChromium(page: Blob, trusted: readonly string[] = []): Promise<BrowserUnderTest> {
  await using parts = new AsyncDisposableStack()
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => new Response(page, { headers: { 'content-type': 'text/html' } }),
  })
  parts.defer(() => server.stop(true))
  const browser: Browser = await chromium.launch({
    executablePath: debian.chromium.path,
    headless: true,
    // Signals go to the tests, which close it themselves.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--mute-audio', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
      '--use-fake-device-for-media-stream=fps=15',
      '--use-fake-ui-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      // The connections of turns: are checked like any other of the network service, and so is this list.
      ...(trusted.length > 0 ? [`--ignore-certificate-errors-spki-list=${trusted.map(publicKeyHash).join(',')}`] : []),
    ],
  })
  parts.defer(() => browser.close())
  const kept = parts.move()
  return {
    async open() {
      const opened = await browser.newPage()
      await opened.goto(server.url.href)
      return opened
    },
    async visit(url, before) {
      const context = await browser.newContext()
      if (before !== undefined) await context.addInitScript(before)
      const opened = await context.newPage()
      await opened.goto(url)
      return opened
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** As Chromium names a certificate (PEM): SHA-256 of its public key. */
function publicKeyHash(certificate: string): string {
  const { publicKey } = new X509Certificate(certificate)
  return new Bun.CryptoHasher('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64')
}
