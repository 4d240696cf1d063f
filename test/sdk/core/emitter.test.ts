import { describe, expect, test } from 'bun:test'
import { Emitter } from '../../../sdk/src/core/emitter.ts'
import { EndedError, TimeoutError } from '../../../sdk/src/core/errors.ts'
import { virtualWorld } from '../support/virtual-world.ts'

interface Events {
  word: string
  number: number
}

const emitter = () => {
  const world = virtualWorld()
  return { world, words: new Emitter<Events>(world) }
}

describe('listeners', () => {
  test('hear until they are taken off, by the function or by the signal', () => {
    const { words } = emitter()
    const heard: string[] = []
    const ending = new AbortController()
    const off = words.on('word', (word) => heard.push(`a ${word}`))
    words.on('word', (word) => heard.push(`b ${word}`), { signal: ending.signal })
    words.emit('word', 'one')
    off()
    words.emit('word', 'two')
    ending.abort()
    words.emit('word', 'three')
    words.on('word', (word) => heard.push(`c ${word}`), { signal: ending.signal })
    words.emit('word', 'four')
    expect(heard).toEqual(['a one', 'b one', 'b two'])
  })

  test('the same function may stand there twice', () => {
    const { words } = emitter()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    words.on('word', listener)
    words.on('word', listener)()
    words.emit('word', 'one')
    expect(calls).toBe(1)
  })

  test('one that throws stops nobody else, and is told where uncaught errors are told', async () => {
    const { words } = emitter()
    const heard: string[] = []
    const reported: unknown[] = []
    const original = globalThis.reportError
    globalThis.reportError = (thrown) => void reported.push(thrown)
    try {
      words.on('word', () => {
        throw new Error('oops')
      })
      words.on('word', (word) => heard.push(word))
      words.emit('word', 'one')
    } finally {
      globalThis.reportError = original
    }
    expect([heard, reported.map(String)]).toEqual([['one'], ['Error: oops']])
  })
})

describe('once', () => {
  test('is the first that fits', async () => {
    const { words } = emitter()
    const second = words.once('number', { where: (number) => number > 1 })
    words.emit('number', 1)
    words.emit('number', 2)
    words.emit('number', 3)
    expect(await second).toBe(2)
  })

  test('is refused after the limit, by the signal, and at the end; then nobody listens any more', async () => {
    const { words, world } = emitter()
    const ending = new AbortController()
    const late = words.once('word', { timeout: 1_000 }).catch((error: unknown) => error)
    const aborted = words.once('word', { signal: ending.signal })
    await world.pass(1_000)
    expect(await late).toBeInstanceOf(TimeoutError)
    ending.abort('enough')
    await expect(aborted).rejects.toMatchObject({ code: 'ended', cause: 'enough' })
    await expect(words.once('word', { signal: ending.signal })).rejects.toBeInstanceOf(EndedError)
    const never = words.once('word')
    words.end()
    await expect(never).rejects.toBeInstanceOf(EndedError)
    await expect(words.once('word')).rejects.toBeInstanceOf(EndedError)
    expect([words.has('word'), world.next()]).toEqual([false, undefined])
  })
})

describe('events', () => {
  test('are all there in order, also those that came before they were read, and end with the emitter', async () => {
    const { words } = emitter()
    const heard: string[] = []
    const reading = (async () => {
      for await (const word of words.events('word')) heard.push(word)
    })()
    for (const word of ['one', 'two', 'three']) words.emit('word', word)
    words.end()
    await reading
    expect(heard).toEqual(['one', 'two', 'three'])
  })

  test('end with the signal, and with a break', async () => {
    const { words } = emitter()
    const ending = new AbortController()
    const reading = (async () => {
      for await (const _ of words.events('word', { signal: ending.signal })) throw new Error('there is none')
    })()
    ending.abort()
    await reading
    const one = (async () => {
      for await (const word of words.events('word')) return word
      return undefined
    })()
    words.emit('word', 'one')
    expect([await one, words.has('word')]).toEqual(['one', false])
  })
})
