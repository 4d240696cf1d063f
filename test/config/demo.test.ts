import { describe, expect, test } from 'bun:test'
import { developmentConfig } from '../../src/config/development.ts'
import { configOf, load, smallest, told } from './support.ts'

const admission = '[admission]\nappsecret = s\napppassword = p\n'

describe('[demo]', () => {
  test('without the section it is off', () => {
    expect(configOf(`${smallest}${admission}`).demo).toEqual({ kind: 'off' })
  })

  test('with a password it is on', () => {
    expect(configOf(`${smallest}${admission}[demo]\npassword = eight-or-more`).demo).toEqual({
      kind: 'on',
      password: 'eight-or-more',
    })
  })

  test('without a password nothing starts', () => {
    const text = `${smallest}${admission}[demo]\n`
    expect(load(text).config).toBeUndefined()
    expect(told(text)).toEqual([
      expect.stringMatching(/\[demo\] password: is missing, so that anybody could relay through our TURN server/),
    ])
  })

  test('a short password is refused, and not shown', () => {
    const text = `${smallest}${admission}[demo]\npassword = p4ssw0r`
    expect(load(text).config).toBeUndefined()
    expect(told(text).join('\n')).not.toContain('p4ssw0r')
  })

  test('without the front end on which it runs nothing starts', () => {
    expect(told(`${smallest}[demo]\npassword = eight-or-more`)).toEqual([
      expect.stringMatching(/\[demo\] password: opens nothing without a section \[admission\]/),
    ])
  })

  test('development mode has it for this machine, with a password that nobody needs to know', () => {
    const { demo } = developmentConfig((bytes) => 'ab'.repeat(bytes))
    expect(demo).toEqual({ kind: 'on', password: 'ab'.repeat(16), openToThisMachine: true })
  })
})
