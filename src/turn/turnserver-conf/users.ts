/** Who may use the relay: realm, REST secrets and static users. */
import type { Draft, Piece } from './draft.ts'

export function userSettings(draft: Draft): void {
  const realm = draft.last('realm')
  if (realm && !/^[^"\\\p{Cc}]{1,127}$/u.test(realm.value)) {
    draft.note('look at', realm, 'is longer than 127 characters or has " or \\, and left out')
  } else if (realm) draft.put('realm', [{ text: realm.value, from: realm }])
  else draft.note('look at', 'realm', 'is not set; coturn takes the name of the host, write it as realm')

  const secrets = draft.all('static-auth-secret').map((from): Piece => ({ text: from.value, from }))
  const isRest = secrets.length > 0 || draft.isOn('use-auth-secret')
  draft.put('secret', secrets)
  if (isRest && secrets.length === 0) {
    draft.note(
      'look at',
      draft.all('use-auth-secret').at(-1) ?? 'use-auth-secret',
      'has its secrets in a database: write them as secret',
    )
  }
  const users = isRest ? [] : staticUsers(draft)
  draft.put('users', users)
  for (const line of isRest ? draft.all('user') : []) {
    draft.note('left out', line, 'beside use-auth-secret coturn lets no static user in; here both may be: see users')
  }
  if (!isRest && users.length === 0) {
    draft.note('look at', 'users', 'nobody may use this relay, and it will not start: add secret, users or authurl')
  }
  const open = draft.all('no-auth').at(-1)
  if (open && draft.isOn('no-auth')) draft.note('look at', open, 'there is no relaying for everybody here')
  const separator = draft.last('rest-api-separator')
  if (separator && separator.value !== ':') {
    draft.note('look at', separator, 'REST names are divided by a colon only: change whoever makes them')
  }
}

/** RFC 8489 section 14.3: octets. */
const longestName = 508

function staticUsers(draft: Draft): readonly Piece[] {
  const names = new Set<string>()
  return draft.all('user').flatMap((from) => {
    const colon = from.value.indexOf(':')
    const password = from.value.slice(colon + 1)
    if (colon < 1 || password === '') {
      draft.note('look at', from, 'is not of the form name:password, and left out')
      return []
    }
    const name = from.value.slice(0, colon)
    if (names.has(name) || new TextEncoder().encode(name).length > longestName) {
      draft.note('look at', from, 'has a name that is there already, or is too long, and left out')
      return []
    }
    names.add(name)
    if (/^0x/i.test(password)) {
      draft.note(
        'look at',
        from,
        'has a key and not a password, from which none can be made; write its password as users',
      )
      return []
    }
    return [{ text: from.value, from }]
  })
}
