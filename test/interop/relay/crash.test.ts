/** The server is killed, not stopped, while its receiver is down: what was not taken comes after the next start. */
import { expect, test } from 'bun:test'
import { startHookReceiver } from '../../support/hook-receiver.ts'
import { startOurs } from '../../support/ours.ts'
import { connectRelay } from '../../support/relay-client.ts'
import { authenticate } from '../../support/relay-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('a kill loses no webhook and gives no number twice [L23]', async () => {
  using folder = tempFolder()
  await using receiver = startHookReceiver()
  receiver.answer = ({ body }) => (body.event === 'create' ? 200 : 503)
  const more = `[relay]\nusers = ann:pw-ann, ben:pw-ben\noutboxfolder = ${folder.path}\ncreatecallback = ${receiver.url}\njoincallback = ${receiver.url}\nwebhooksecret = 0123456789abcdef\n`
  const enter = async (address: string, name: string) => {
    const client = await connectRelay(`ws://${address}/websocket/den`)
    client.say(authenticate(name, `pw-${name}`))
    await client.next()
    return client
  }
  {
    await using first = await startOurs({ backends: [], more })
    await enter(first.address, 'ann')
    await enter(first.address, 'ben')
    first.child.kill('SIGKILL')
    await first.child.exited
  }
  const before = receiver.calls.length
  receiver.answer = () => 200
  await using second = await startOurs({ backends: [], more })
  await using ann = await enter(second.address, 'ann')
  await receiver.came(before + 2)
  expect(receiver.calls.slice(before).map(({ body }) => [body.event, body.username, body.sequence])).toEqual([
    ['join', 'ben', 2],
    ['create', 'ann', 3],
  ])
  expect(receiver.calls[before]?.body.id).toBe(receiver.calls[1]?.body.id ?? '')
  await ann.nothing()
}, 30_000)
