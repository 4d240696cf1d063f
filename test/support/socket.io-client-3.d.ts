/** The client of Socket.IO 3, which comes without types that its exports lead to. */
declare module 'socket.io-client-3' {
  import type { AnyClient } from './admission-server.ts'
  export function io(url: string, options: Readonly<Record<string, unknown>>): AnyClient
}
