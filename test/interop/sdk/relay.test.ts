/** The client of the relay protocol against our server, in both revisions. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { fullJitter, RelayClient, type RelayClientOptions } from '../../../sdk/src/index.ts'
import { type Cuttable, startCuttable } from '../../sdk/support/cuttable.ts'
import { oursMissing, startOurs } from '../../support/ours.ts'
import type { RunningServer } from '../../support/running-server.ts'

for (const revision of [1, 2] as const) {
  const suite = `sdk: relay, revision ${revision}`

  describe.skipIf(oursMissing(suite))(suite, () => {
    const parts = new AsyncDisposableStack()
    let server: RunningServer
    let cable: Cuttable

    beforeAll(async () => {
      const section = `[relay]\npath = /websocket\nusers = anna:password, ben:password, cleo:password\nrevision = ${revision}\n`
      server = parts.use(await startOurs({ backends: [], more: section }))
      cable = parts.use(await startCuttable(server.address))
    }, 30_000)
    afterAll(() => parts.disposeAsync(), 30_000)

    function client(username: string, options: Partial<RelayClientOptions> = {}): RelayClient & Disposable {
      const made = new RelayClient({
        url: `ws://${server.address}/websocket`,
        username,
        token: 'password',
        revision,
        reconnect: fullJitter({ base: 20, cap: 200, shouldReconnect: () => true }),
        ...options,
      })
      return Object.assign(made, { [Symbol.dispose]: () => made.disconnect() })
    }

    const names = (room: {
      readonly members: ReadonlyMap<string, { readonly user: { readonly id: string } | undefined }>
    }) => [...room.members.values()].map(({ user }) => user?.id).toSorted()

    test('everybody gets to know everybody, and hears what is for him', async () => {
      using anna = client('anna')
      using ben = client('ben')
      using cleo = client('cleo')
      const hers = await anna.join('a room/with signs?')
      const his = await ben.join('a room/with signs?')
      const cleos = await cleo.join('a room/with signs?')
      for (const room of [hers, his, cleos]) while (room.members.size < 2) await room.once('joined')
      expect([names(hers), names(his), names(cleos)]).toEqual([
        ['ben', 'cleo'],
        ['anna', 'cleo'],
        ['anna', 'ben'],
      ])
      const [one, two] = [hers.once('message'), cleos.once('message')]
      his.send('to all')
      expect([(await one).data, (await two).data]).toEqual(['to all', 'to all'])
      const heard: unknown[] = []
      cleos.on('message', ({ data }) => heard.push(data))
      const direct = hers.once('message')
      his.members.get(hers.selfId)?.send('to anna')
      expect(await direct).toMatchObject({ data: 'to anna', to: 'peer', from: { id: his.selfId, user: { id: 'ben' } } })
      const last = cleos.once('message')
      his.send('the end')
      await last
      expect(heard).toEqual(['the end'])
      const left = Promise.all([hers.once('left'), cleos.once('left')])
      await his.leave()
      expect((await left).map(({ user }) => user?.id)).toEqual(['ben', 'ben'])
    })

    test('whoever is cut off comes back as somebody new, and nobody stays as a ghost', async () => {
      using anna = client('anna')
      using ben = client('ben', { url: `ws://${cable.address}/websocket` })
      const hers = await anna.join('cut')
      const his = await ben.join('cut')
      for (const room of [hers, his]) while (room.members.size < 1) await room.once('joined')
      const rejoined = his.once('rejoined')
      cable.cut()
      const { selfId, formerId } = await rejoined
      expect(selfId).not.toBe(formerId)
      const knows = (): boolean => hers.members.size === 1 && hers.members.has(selfId)
      while (!knows()) await Promise.race([hers.once('joined'), hers.once('left')])
      expect(names(hers)).toEqual(['ben'])
      const heard = his.once('message')
      hers.send('welcome back')
      expect(await heard).toMatchObject({ data: 'welcome back', from: { user: { id: 'anna' } } })
    })

    test('a password that was refused is asked for once more', async () => {
      const passwords = ['wrong', 'password']
      const asked: string[] = []
      using anna = client('anna', {
        token: undefined,
        getToken: ({ why }) => {
          asked.push(why)
          return passwords.shift() ?? ''
        },
      })
      expect((await anna.join('asked')).isOpen).toBe(true)
      expect(asked).toEqual(['first', 'refused'])
      using ben = client('ben', { token: 'wrong' })
      await expect(ben.join('asked')).rejects.toMatchObject({ code: 'unauthorized' })
      expect(ben.state).toBe('closed')
    })

    test('what other programs say arrives as it came', async () => {
      using anna = client('anna')
      using ben = client('ben')
      const hers = await anna.join('foreign')
      const his = await ben.join('foreign')
      for (const room of [hers, his]) while (room.members.size < 1) await room.once('joined')
      const heard = anna.once('text')
      const text = revision === 1 ? 'no JSON at all' : JSON.stringify({ event: 'chat', to: hers.selfId, x: 1 })
      ben.sendText(text)
      if (revision === 1) expect(await heard).toBe(text)
      else expect(JSON.parse(await heard)).toEqual({ event: 'chat', to: hers.selfId, x: 1, from: his.selfId })
    })
  })
}
