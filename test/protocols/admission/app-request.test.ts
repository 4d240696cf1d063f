import { describe, expect, test } from 'bun:test'
import { answerAppRequest } from '../../../src/protocols/admission/app-request.ts'
import { appToken } from '../../../src/protocols/admission/token.ts'

const keys = { password: 'pass', secret: 's' }
const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

const ask = (type: string, text: string, some: Partial<typeof keys> = {}) => {
  const { status, body } = answerAppRequest(type, Buffer.from(text), { ...keys, password: undefined, ...some })
  return [status, JSON.parse(body)]
}
const open = (type: string, text: string) => ask(type, text, keys)
const error = (status: number, text: string) => [status, { status, error: text, response: false }]

describe('POST /app', () => {
  test.each([
    [json, '{"app":"demo","password":"pass"}'],
    ['Application/JSON; charset=utf-8', '{"password":"pass","app":"demo","more":[1]}'],
    [form, 'app=demo&password=pass'],
    [`${form};charset=UTF-8`, 'password=pass&app=%64emo'],
  ])('[J12] gives a token: %s %s', (type, text) => {
    const response = { token: appToken('s', 'demo') }
    expect(open(type, text)).toEqual([200, { status: 200, error: null, response }])
  })

  test.each([
    [json, '{"app":"demo","password":"other"}'],
    [json, '{"app":"demo"}'],
    [json, '{"password":null}'],
    [json, '{"password":["pass"],"app":"demo"}'],
    [json, '[]'],
    [json, ''],
    [form, ''],
    [form, 'app=demo&password=PASS'],
    ['text/plain', '{"app":"demo","password":"pass"}'],
    ['', ''],
  ])('[J13] gives none without the password: %s %s', (type, text) => {
    expect(open(type, text)).toEqual(error(401, 'Unauthorized'))
  })

  test.each(['{"password":"pass"}', '{"password":"pass","app":""}', '{"password":"pass","app":5}'])(
    '[J14] wants an app: %s',
    (text) => expect(open(json, text)).toEqual(error(400, 'Required properties (app) is undefined')),
  )

  test('[J14] wants a name that is one', () => {
    for (const app of ['x'.repeat(257), 'a\nb']) {
      expect(open(json, JSON.stringify({ app, password: 'pass' }))).toEqual(error(400, 'Property app is not valid'))
    }
  })

  test.each(['{', '{"app":', 'app=demo', '"text"', '5', 'null'])('[J14] says what is wrong with %s', (text) => {
    const [status, body] = open(json, text)
    expect([status, body.status, body.response]).toEqual([400, 400, false])
    expect(body.error).toMatch(/\w+ \w+/)
  })

  test.each(['{}', '{"app":"demo"}', '{"app":"demo","password":""}', '{"app":"demo","password":"undefined"}'])(
    '[J15] gives none while there is no password: %s',
    (text) => expect(ask(json, text)).toEqual(error(401, 'Unauthorized')),
  )
})
