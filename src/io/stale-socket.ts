/** Unix sockets that a program left behind when it was killed: nobody listens there, yet nobody else can. */
import { lstat, unlink } from 'node:fs/promises'
import { connect } from 'node:net'

/** Removes the socket at `path` if nobody listens there. Whatever else is at that path stays. */
export async function removeStaleSocket(path: string): Promise<void> {
  const isSocket = await lstat(path).then(
    (entry) => entry.isSocket(),
    () => false,
  )
  if (isSocket && (await isRefused(path))) await unlink(path).catch(() => {})
}

/** Only a refusal is a sign: without the right to connect nothing is known. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED'))
  })
}
