/** The stub backend in a thread of its own: gets a port, answers with the base URL. */

import { listenStubBackend } from './stub-backend.ts'

declare const self: Worker

self.onmessage = (event: MessageEvent<unknown>) => {
  const port = typeof event.data === 'number' ? event.data : 0
  try {
    self.postMessage(listenStubBackend(port).url)
  } catch {
    self.postMessage(undefined)
  }
}
