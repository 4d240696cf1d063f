/** `[relay]` as the rest of the program sees it, and everything about it that cannot work. */

import type { RelayConfig, TurnServerConfig } from './config.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { schema } from './schema.ts'
import { type Sources, sectionIsGiven } from './sources.ts'

type Read = SectionRead<typeof schema.relay.settings>

/** Off without the section. */
export function readRelay(sources: Sources): RelayConfig {
  if (!sectionIsGiven(sources, 'relay')) return { kind: 'off' }
  const read = readSection(sources, schema.relay)
  checkSomebodyMayCome(sources, read)
  checkHooks(sources, read)
  const { values } = read
  return {
    kind: 'on',
    path: values.path.replace(/\/+$/, ''),
    users: values.users,
    authUrl: values.authurl,
    authTimeout: values.authtimeout,
    idleTimeout: values.idletimeout,
    maxMessage: values.maxmessage,
    revision: values.revision === '1' ? 1 : 2,
    hooks: { create: values.createcallback, join: values.joincallback, leave: values.leavecallback },
    hookSecret: values.webhooksecret,
    hookTimeout: values.webhooktimeout,
    outboxFolder: values.outboxfolder,
  }
}

/** Whether it knows names and passwords, which are good at the TURN server too. */
export const relayKnowsUsers = (sources: Sources): boolean =>
  sectionIsGiven(sources, 'relay') &&
  (['users', 'users_file', 'authurl'] as const).some(
    (key) => sources.ini.sections.get('relay')?.entries.has(key) || sources.overrides.byKey.has(`relay ${key}`),
  )

/** Whoever may come into a room may use the TURN server. What `[turn-server]` says itself comes first. */
export function withRelayUsers(turnServer: TurnServerConfig, relay: RelayConfig): TurnServerConfig {
  if (turnServer.kind === 'off' || relay.kind === 'off') return turnServer
  const own = new Set(turnServer.users.map(({ name }) => name))
  return {
    ...turnServer,
    users: [...turnServer.users, ...relay.users.filter(({ name }) => !own.has(name))],
    authUrl: turnServer.authUrl ?? relay.authUrl,
  }
}

function checkSomebodyMayCome(sources: Sources, read: Read): void {
  if (read.isGiven('users') || read.isGiven('authurl')) return
  const message = 'is missing, authurl too, so nobody could come in; write for example users = alice:a-good-password'
  sources.faults.push({ severity: 'error', ...read.place('users'), section: 'relay', key: 'users', message })
}

function checkHooks(sources: Sources, read: Read): void {
  const given = (['createcallback', 'joincallback', 'leavecallback'] as const).filter((key) => read.isGiven(key))
  const warn = (key: 'createcallback' | 'webhooksecret' | 'outboxfolder', message: string): void => {
    sources.faults.push({ severity: 'warning', ...read.place(key), section: 'relay', key, message })
  }
  const [first] = given
  if (first !== undefined && !read.isGiven('webhooksecret')) {
    const message = `is missing, so whoever gets ${first} cannot tell whether a call is ours; openssl rand -hex 32 makes one`
    sources.faults.push({ severity: 'warning', ...read.place(first), section: 'relay', key: 'webhooksecret', message })
  }
  if (read.isGiven('createcallback') && read.values.revision === '2') {
    warn('createcallback', 'has no effect with revision 2, which calls joincallback for the first one too')
  }
  if (first === undefined && read.isGiven('outboxfolder')) {
    warn('outboxfolder', 'has no effect without createcallback, joincallback or leavecallback')
  }
}
