import { describe, expect, test } from 'bun:test'
import { type ContinentOverrides, forPublisher, forSubscriber, type Standing } from '../../../src/sfu/proxy/choose.ts'
import { continentsOfCountry } from '../../../src/sfu/proxy/continents.ts'

type Named = Standing & { readonly name: string }

const proxy = (name: string, more: Partial<Standing> = {}): Named => ({
  name,
  country: undefined,
  load: 0,
  bandwidth: undefined,
  isDraining: false,
  isSilent: false,
  hasRemoteStreams: true,
  ...more,
})
const client = (country?: string, overrides: ContinentOverrides = {}) => ({ country, overrides })
const names = (proxies: readonly Named[]): string => proxies.map(({ name }) => name).join(' ')

const german = proxy('german', { country: 'DE', load: 9 })
const french = proxy('french', { country: 'FR', load: 5 })
const american = proxy('american', { country: 'US', load: 1 })
const nowhere = proxy('nowhere', { load: 0 })
const world = [american, nowhere, french, german]

describe('a publisher', () => {
  test.each([
    ['DE', 'german french nowhere american'],
    ['FR', 'french german nowhere american'],
    ['IT', 'french german nowhere american'],
    ['CA', 'american nowhere french german'],
    ['BR', 'nowhere american french german'],
    ['XX', 'nowhere american french german'],
    [undefined, 'nowhere american french german'],
  ])('[M49] from %s', (country, order) => {
    expect(names(forPublisher(world, client(country)))).toBe(order)
  })

  test('[M50] is served from continents as the operator says', () => {
    expect(names(forPublisher(world, client('BR', { SA: ['NA'] })))).toBe('american nowhere french german')
    expect(names(forPublisher(world, client('ZA', { SA: ['NA'] })))).toBe('nowhere american french german')
    expect(names(forPublisher(world, client('ZA', { AF: ['EU'] })))).toBe('french german nowhere american')
  })

  test('[M50] of a country on two continents is near to both', () => {
    const indian = proxy('indian', { country: 'IN', load: 8 })
    expect(names(forPublisher([american, indian, german], client('TR')))).toBe('indian german american')
  })

  test('[M51] goes to a proxy without bandwidth left only if there is no other', () => {
    const full = proxy('full', { country: 'DE', bandwidth: { incoming: 130, outgoing: 0 } })
    const brim = proxy('brim', { country: 'DE', bandwidth: { incoming: 100 } })
    const busy = proxy('busy', { country: 'US', bandwidth: { incoming: 99, outgoing: 150 } })
    expect(names(forPublisher([full, brim, busy], client('DE')))).toBe('busy brim full')
  })

  test('[M48] never goes to one that drains', () => {
    expect(names(forPublisher([{ ...german, isDraining: true }, american], client('DE')))).toBe('american')
  })

  test('[M53] goes last to one that owes an answer', () => {
    expect(names(forPublisher([{ ...german, isSilent: true }, american], client('DE')))).toBe('american german')
  })
})

describe('[M63] a subscriber', () => {
  const of = (own: Named, country?: string, others: readonly Named[] = world) =>
    names(forSubscriber(others, own, client(country)))

  test('is made where the publisher is', () => {
    expect(of(german, 'DE')).toBe('german')
    expect(of(american)).toBe('american')
    expect(of(german, 'BR')).toBe('german')
  })

  test('is made where it is nearer, the publisher’s last', () => {
    expect(of(american, 'FR')).toBe('french german american')
    expect(of(german, 'FR')).toBe('french german')
    expect(of(nowhere, 'US')).toBe('nowhere')
  })

  test('is made elsewhere when the publisher’s proxy has no bandwidth left', () => {
    const full = { ...german, bandwidth: { outgoing: 100 } }
    expect(of(full, 'DE', [full, french, american])).toBe('french american german')
  })

  test('is made at the least used one when none has bandwidth left', () => {
    const full = { ...german, bandwidth: { outgoing: 120 } }
    const fuller = { ...french, bandwidth: { outgoing: 140 } }
    const brim = { ...american, bandwidth: { outgoing: 101 } }
    expect(of(full, 'DE', [full, fuller, brim])).toBe('american german french')
  })

  test('is made where the publisher is, if streams cannot be passed on or the other drains', () => {
    expect(of({ ...american, hasRemoteStreams: false }, 'FR')).toBe('american')
    expect(of(american, 'FR', [american, { ...french, hasRemoteStreams: false }])).toBe('american')
    expect(of(american, 'FR', [american, { ...french, isDraining: true }])).toBe('american')
  })
})

test('[M50] every country has its continent', () => {
  expect(continentsOfCountry('DE')).toEqual(['EU'])
  expect(continentsOfCountry('RU').toSorted()).toEqual(['AS', 'EU'])
  expect(['US', 'BR', 'AU', 'EG', 'AQ', 'JP'].flatMap(continentsOfCountry)).toEqual([
    'NA',
    'SA',
    'OC',
    'AF',
    'AN',
    'AS',
  ])
  expect(continentsOfCountry('QQ')).toEqual([])
})
