/** The file for pm2 starts what the original's file started: the same name, the same environment, the same answers. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createRequire } from 'node:module'
import { connect, enter, meet, met, password, secret, token } from '../../support/admission-server.ts'
import { type Child, startChild } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { oursMissing } from '../../support/ours.ts'

interface App {
  readonly name: string
  readonly script: string
  readonly args: readonly string[]
  readonly interpreter: string
  readonly instances: number
  readonly env: Readonly<Record<string, string>>
}

const appOf = (): App => createRequire(import.meta.url)('../../../deploy/pm2/ecosystem.config.cjs').apps[0]

describe.skipIf(oursMissing('the file for pm2'))('the file for pm2', () => {
  let child: Child
  let url = ''
  beforeAll(async () => {
    const { script, args, env } = appOf()
    const port = String(await freePort())
    url = `http://127.0.0.1:${port}`
    child = startChild([script, ...args], {
      env: { ...env, APP_PORT: port, APP_SECRET: secret, APP_PASS: password },
    })
    await child.said(/"listening"/, 15_000)
  }, 20_000)
  afterAll(() => child[Symbol.asyncDispose]())

  test('starts one process under the original’s name', () => {
    const { name, instances, interpreter, env } = appOf()
    expect([name, instances, interpreter]).toEqual(['ChatSignalServer', 1, 'none'])
    expect(env).toMatchObject({ APP_PORT: '5000', TOKEN_LIFETIME: '86400' })
  })

  test('takes its environment', async () => {
    const answer = await fetch(`${url}/app`, { method: 'POST', body: new URLSearchParams({ app: 'app', password }) })
    expect(await answer.json()).toMatchObject({ response: { token } })
    await using first = await enter(connect(url, { transports: ['websocket'] }))
    await using second = await enter(connect(url, { transports: ['websocket'] }))
    expect(await meet(first, second, 'den')).toEqual(met(first, second, 'den'))
  })

  test('stops as pm2 stops a program', async () => {
    child.kill('SIGINT')
    expect(await child.exited).toBe(0)
  })
})
