import { expect, test } from 'bun:test'
import { systemAuthorities } from '../../src/io/system-authorities.ts'
import { tempFolder } from '../support/temp-folder.ts'

const bundle = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'

test('the first bundle that holds certificates counts, and the one that the environment names before all', async () => {
  using folder = tempFolder()
  const [empty, first, named] = [folder.file('empty.pem'), folder.file('first.pem'), folder.file('named.pem')]
  await Bun.write(empty, '')
  await Bun.write(first, `first ${bundle}`)
  await Bun.write(named, `named ${bundle}`)

  const places = [folder.file('missing.pem'), empty, first]
  expect(systemAuthorities({}, places)).toBe(`first ${bundle}`)
  expect(systemAuthorities({ SSL_CERT_FILE: named }, places)).toBe(`named ${bundle}`)
  expect(systemAuthorities({ SSL_CERT_FILE: folder.file('nowhere.pem') }, places)).toBe(`first ${bundle}`)
})

test('without any bundle the runtime decides', () => {
  using folder = tempFolder()
  expect(systemAuthorities({}, [folder.file('missing.pem'), folder.path])).toBeUndefined()
})
