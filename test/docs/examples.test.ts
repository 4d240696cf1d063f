/** The code in pages about the relay is that of the examples, which the compiler checks and the tests run. */
import { describe, expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { resolve } from 'node:path'
import { isGenuine } from '../../examples/webhook-receiver/verify.ts'
import { signWebhook } from '../../src/auth/webhook-signature.ts'
import { startChild } from '../support/child.ts'

const root = resolve(import.meta.dir, '../..')
const textOf = (path: string): Promise<string> => Bun.file(resolve(root, path)).text()

test.each([
  ['docs/webhooks.md', ['examples/webhook-receiver/server.ts', 'examples/webhook-receiver/verify.ts']],
  ['docs/library.md', ['examples/relay-embedded/server.ts']],
])('%s', async (page, files) => {
  const blocks = [...(await textOf(page)).matchAll(/^```[tj]s\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  const examples = await Promise.all(files.map(textOf))
  expect(blocks).toHaveLength(files.length)
  for (const [index, block] of blocks.entries()) expect(examples[index]).toEndWith(block)
})

describe('the receiver of webhooks', () => {
  const secret = '0123456789abcdef'
  const body = JSON.stringify({ event: 'join', room: 'den', username: 'ann', others: [], id: '1', sequence: 3 })

  test('takes what is genuine, once, and nothing else', async () => {
    const program = resolve(root, 'examples/webhook-receiver/server.ts')
    const env = { PORT: '0', WEBHOOK_SECRET: secret }
    await using child = startChild([process.execPath, program], { env })
    const [, url = ''] = await child.said(/webhooks at (\S+)/, 20_000)
    const post = async (signature: string): Promise<number> =>
      (await fetch(url, { method: 'POST', body, headers: { 'heliograph-signature': signature } })).status
    expect(await post(signWebhook('another', body, Date.now()))).toBe(401)
    expect(await post(signWebhook(secret, body, Date.now()))).toBe(204)
    expect(await post(signWebhook(secret, body, Date.now()))).toBe(204)
    await child.said(/den 3: ann join, others: nobody/, 5_000)
    expect(child.output().match(/ann join/g)).toHaveLength(1)
  })

  test('checks by hand what the package checks', () => {
    const seconds = Math.floor(Date.now() / 1000)
    const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
    expect(isGenuine(secret, `t=${seconds},v1=${mac}`, body)).toBe(true)
    expect(isGenuine(secret, signWebhook(secret, body, Date.now()), body)).toBe(true)
    expect(isGenuine(secret, signWebhook(secret, body, Date.now()), `${body} `)).toBe(false)
    expect(isGenuine(secret, `t=${seconds - 600},v1=${mac}`, body)).toBe(false)
  })
})
