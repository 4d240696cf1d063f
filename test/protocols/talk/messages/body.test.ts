/** The outer shape of messages. */
import { expect, test } from 'bun:test'
import { z } from 'zod'
import { body, optional } from '../../../../src/protocols/talk/messages/body.ts'

const Greeting = body('greeting', z.object({ to: optional(z.string()) }))

test('`type` names the field that holds the body', () => {
  expect(Greeting.safeParse({ id: '1', type: 'greeting', greeting: { to: 'you' } }).success).toBe(true)
  expect(Greeting.safeParse({ type: 'greeting', room: {} }).success).toBe(false)
  expect(Greeting.safeParse({ type: 'room', greeting: {} }).success).toBe(false)
})

test('an optional field is left out, null or filled', () => {
  for (const greeting of [{}, { to: null }, { to: 'you' }]) {
    expect(Greeting.safeParse({ id: null, type: 'greeting', greeting }).success).toBe(true)
  }
  expect(Greeting.safeParse({ type: 'greeting', greeting: { to: 7 } }).success).toBe(false)
  expect(Greeting.safeParse({ id: 7, type: 'greeting', greeting: {} }).success).toBe(false)
})
