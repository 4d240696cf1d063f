/** A thread that starts well, and then does what its first listener's host says. */
import type { FromTurnWorker, ToTurnWorker } from '../../../src/io/turn/worker-messages.ts'

declare const self: Worker

const say = (message: FromTurnWorker): void => self.postMessage(message)
let trouble = ''

self.onmessage = ({ data }: MessageEvent<ToTurnWorker>): void => {
  if (data.kind === 'start') {
    trouble = data.listeners[0]?.host ?? ''
    if (trouble === 'ends at the start') process.exit(3)
    say({ kind: 'listening', ports: [1, 2] })
  }
  if (data.kind === 'reload') {
    if (trouble === 'throws') throw new Error('thrown in a thread')
    if (trouble === 'rejects') void Promise.reject(new Error('rejected in a thread'))
    if (trouble === 'ends') process.exit(3)
    if (trouble === 'asks') say({ kind: 'ask-hook', username: 'bob' })
  }
  if (data.kind === 'hook-answered') say({ kind: 'facts', facts: [{ fact: { fact: 'stopped' }, times: 2 }] })
  if (data.kind === 'drain' && trouble === 'asks') say({ kind: 'drained' })
  if (data.kind === 'stop') say({ kind: 'stopped' })
}
