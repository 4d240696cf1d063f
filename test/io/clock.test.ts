/** The time and the one alarm. */
import { expect, test } from 'bun:test'
import { createAlarm, now } from '../../src/io/clock.ts'

test('time is that of the machine and does not run backwards', () => {
  expect(Math.abs(now() - Date.now())).toBeLessThan(1_000)
  let last = now()
  for (let count = 0; count < 1_000; count++) {
    const next = now()
    expect(next).toBeGreaterThanOrEqual(last)
    last = next
  }
})

test('rings once, not before its time', async () => {
  using alarm = createAlarm()
  const time = now() + 20
  let rings = 0
  await new Promise<void>((resolve) =>
    alarm.wakeAt(time, () => {
      rings++
      resolve()
    }),
  )
  expect(now()).toBeGreaterThanOrEqual(time)
  await Bun.sleep(5)
  expect(rings).toBe(1)
})

test('a later wish replaces an earlier one, a time that is past is now, the far future is no time at all', async () => {
  using alarm = createAlarm()
  const rung: string[] = []
  alarm.wakeAt(now() + 1, () => void rung.push('replaced'))
  alarm.wakeAt(now() + 1e12, () => void rung.push('far'))
  await Bun.sleep(5)
  expect(rung).toEqual([])
  await new Promise<void>((resolve) => alarm.wakeAt(now() - 1e6, resolve))
  alarm.wakeAt(Number.POSITIVE_INFINITY, () => void rung.push('never'))
  await Bun.sleep(5)
  expect(rung).toEqual([])
})

test('after its end it is silent', async () => {
  const alarm = createAlarm()
  let rings = 0
  alarm.wakeAt(now() + 1, () => void rings++)
  alarm[Symbol.dispose]()
  await Bun.sleep(5)
  expect(rings).toBe(0)
})
