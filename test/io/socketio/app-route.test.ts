import { describe, expect, test } from 'bun:test'
import { createThrottle, type Throttle } from '../../../src/core/throttle.ts'
import { appMethods } from '../../../src/io/socketio/app-route.ts'

const form = new URLSearchParams({ app: 'demo', password: 'wrong' })

async function asked(throttle: Throttle, password: string | undefined, body = form) {
  const facts: string[] = []
  const note = ({ fact }: { readonly fact: string }): void => void facts.push(fact)
  const methods = appMethods({ keys: { password, secret: 's' }, origins: [], throttle, note })
  const request = new Request('http://x/app', { method: 'POST', body })
  const answer = await methods.POST?.(request, '192.0.2.1', Object.create(null))
  return { status: answer?.status, body: await answer?.json(), facts }
}

describe('wrong passwords', () => {
  test(' are counted by address, and their answer is held back', async () => {
    const counted: unknown[] = []
    const failed = (...what: unknown[]): number => counted.push(what)
    const { status, facts } = await asked({ allows: () => true, failed }, 'right')
    expect([status, facts]).toEqual([401, ['attempt-delayed', 'admission-app-asked']])
    expect(counted).toEqual([['192.0.2.1', 'AdmissionApp', expect.any(Number)]])
  })

  test(' too often: nobody of the address is listened to, right or wrong', async () => {
    const throttle = { allows: () => false, failed: () => 0 }
    const right = new URLSearchParams({ app: 'demo', password: 'right' })
    expect(await asked(throttle, 'right', right)).toEqual({
      status: 429,
      body: { status: 429, error: 'Too Many Requests', response: false },
      facts: ['attempt-refused', 'admission-app-asked'],
    })
  })

  test(' are none where there is no password', async () => {
    const { status, facts } = await asked(createThrottle(), undefined)
    expect([status, facts]).toEqual([401, ['admission-app-asked']])
  })
})
