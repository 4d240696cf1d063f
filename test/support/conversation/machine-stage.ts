/** A stage without any socket: the Talk machine itself, in a world of arrays and a time that goes by when it is told to. */
import { createHelloTokens } from '../../../src/auth/hello-token.ts'
import type { BackendConfig } from '../../../src/config/config.ts'
import type { ConnectionId } from '../../../src/core/ids.ts'
import { createThrottle } from '../../../src/core/throttle.ts'
import { createIdentifyHello } from '../../../src/io/backend-hello.ts'
import { authenticate, type Signature } from '../../../src/protocols/talk/backend/authenticate.ts'
import { createBackends } from '../../../src/protocols/talk/backend/backends.ts'
import type { Capabilities } from '../../../src/protocols/talk/backend/capabilities.ts'
import type { BackendRequest } from '../../../src/protocols/talk/backend/messages.ts'
import { pingRequests } from '../../../src/protocols/talk/backend/pings.ts'
import { readRoomRequest } from '../../../src/protocols/talk/backend/room-request.ts'
import { createTalk, type TalkFrontEnd } from '../../../src/protocols/talk/connection.ts'
import type { TalkSettings } from '../../../src/protocols/talk/state.ts'
import type { Talk, TalkAsk, TalkAnswer as TalkSays } from '../../../src/protocols/talk/vocabulary.ts'
import { answerFromText, bodyOf, notAsked, usualTalkAnswer } from '../../protocols/talk/nextcloud.ts'
import { checkServerMessage, testIds } from '../../protocols/talk/server.ts'
import { createClock } from '../clock.ts'
import type { Json, JsonObject } from '../json.ts'
import { isObject, parseJson } from '../json.ts'
import { testKeys } from '../server-conf.ts'
import type { Tampering } from '../stub-talk.ts'
import { ocs, type TalkAnswer, usualAnswer, withFields } from '../talk-answers.ts'
import { checksum, randomText } from '../talk-checksum.ts'
import type { TalkKeys } from '../talk-keys.ts'
import { createWorld, type World } from '../world.ts'
import type { Conversation } from './parse.ts'
import type { Connection, Stage } from './stage.ts'

/** How long (ms of virtual time) somebody waits for what has not come yet, as on a socket. */
const patience = 5_000
/** How long Talk may take before the world gives up asking. */
const talkTimeout = 10_000
const pingLimit = 200

const clouds = { one: 'https://one.example/', two: 'https://two.example/', small: 'https://small.example/' }
const secretOf = (id: string): string => `secret of ${id}`

const configOf = (id: keyof typeof clouds, sessionLimit = 0): BackendConfig => ({
  id,
  accepts: { kind: 'urls', urls: [clouds[id]] },
  secret: secretOf(id),
  sessionLimit,
  maxStreamBitrate: 0,
  maxScreenBitrate: 0,
})

/** What is beyond this stage, in words: the length of a frame is the socket's affair, and some requests are HTTP's. */
export function needsSockets({ steps }: Conversation): string | undefined {
  for (const step of steps) {
    if (step.do === 'send' && step.message.includes('<pad to ')) return 'is about the length of a frame'
    if (step.do === 'post' && (step.how === 'text-plain' || step.how === 'chunked')) return 'is about HTTP'
  }
  return undefined
}

export interface MachineStage extends Stage {
  readonly talk: TalkFrontEnd
  readonly world: World<Talk>
}

interface Rule {
  readonly type: string
  readonly containing: string
  readonly answer: TalkAnswer
}

export function machineStage(keys: TalkKeys, more: Partial<TalkSettings> = {}): MachineStage {
  const clock = createClock()
  const backends = createBackends([configOf('one'), configOf('two'), configOf('small', 1)])
  const talk = createTalk(
    {
      version: '1.2.3',
      backends,
      internalSecret: testKeys.internalSecret,
      queue: { bytes: 1_048_576, messages: 1_000 },
      valuesPerRoom: 1_000,
      ...more,
      federation: () => ({ timeout: 10_000, maxLinks: 10, maxLinksPerUser: 10 }),
    },
    testIds(),
    createThrottle(),
  )
  const rules: Rule[] = []
  let posts = 0
  const requests: { readonly type: string; readonly body: Json; taken: boolean }[] = []
  const capabilities: Capabilities = { features: new Set(['federation-v2']), helloKey: keys.published, pingLimit }
  const identify = createIdentifyHello({
    backends,
    capabilities: {
      known: () => capabilities,
      load: async () => capabilities,
      reread: async () => capabilities,
      invalidate: () => false,
    },
    tokens: createHelloTokens(),
    now: clock.now,
  })
  const world: World<Talk> = createWorld<Talk>(talk, { clock, answering: answer, check: checkServerMessage })

  function answer(ask: TalkAsk, number: number): TalkSays | Promise<TalkSays> | undefined {
    switch (ask.ask) {
      case 'identify':
        return identify(ask).then((user) =>
          user.ok
            ? { answer: 'identified', ...user.value }
            : { answer: 'refused', code: user.error.code, message: undefined },
        )
      case 'ping':
        for (const request of pingRequests(ask.rooms, pingLimit)) record(request)
        return { answer: 'done' }
      case 'backend': {
        const asked = record(ask.request)
        const place = rules.findIndex(
          ({ type, containing }) => type === ask.request.type && JSON.stringify(asked).includes(containing),
        )
        const [rule] = place < 0 ? [] : rules.splice(place, 1)
        if (!rule) return usualTalkAnswer(ask)
        const given = answerAs(ask.request.type, asked, rule.answer)
        if (given.after === 0) return given.answer
        world.after(given.after, () => world.answer(number, given.answer))
        return undefined
      }
    }
  }

  function record(request: BackendRequest): Json {
    const body = bodyOf(request)
    requests.push({ type: request.type, body, taken: false })
    return body
  }

  /** Lets time go by, where it must, until it is so. */
  async function wait(isSo: () => boolean): Promise<void> {
    await world.settled()
    while (!isSo()) {
      if (!world.passUntil(isSo, patience)) return
      await world.settled()
    }
  }

  return {
    talk,
    world,
    side: 'ours',
    clouds,
    internalSecret: testKeys.internalSecret,
    open: async () => {
      const id = world.open()
      return speak(world, id, wait)
    },
    async post(roomId, body, how) {
      const signer = authenticate(backends, signature(body, how), body)
      if (!signer.ok) return { status: 403, body: '' }
      const read = readRoomRequest(body)
      if (!read.ok) return { status: 400, body: '' }
      const number = ++posts
      world.input((received) =>
        talk.requested({
          number,
          backend: signer.value,
          backendUrl: clouds.one,
          roomId,
          request: read.value,
          received,
        }),
      )
      return world.replied(number)
    },
    answerNext: (type, how, containing) => void rules.push({ type, containing, answer: how }),
    async asked(type, fits) {
      const find = () => requests.find((request) => !request.taken && request.type === type && fits(request.body))
      await wait(() => find() !== undefined)
      const found = find()
      if (found) found.taken = true
      return found?.body
    },
    token: (claims) => {
      const now = Math.floor(clock.now() / 1000)
      return keys.sign({ iss: clouds.one, iat: now, exp: now + 300, ...claims })
    },
    async pass(ms) {
      await world.settled()
      world.pass(ms)
      await world.settled()
    },
  }
}

function speak(world: World<Talk>, id: ConnectionId, wait: (isSo: () => boolean) => Promise<void>): Connection {
  const queue: string[] = []
  const hasCome = (): boolean => {
    queue.push(...world.hear(id))
    return queue.length > 0 || world.closeOf(id) !== undefined
  }
  return {
    send: (text) => world.text(id, text),
    sendBinary: () => world.binary(id),
    async next() {
      await wait(hasCome)
      const text = queue.shift()
      if (text !== undefined) return { kind: 'message', text, json: objectOf(text) }
      const close = world.closeOf(id)
      return close ? { kind: 'closed', ...close } : { kind: 'nothing' }
    },
    close: async () => world.lose(id),
  }
}

function objectOf(text: string): JsonObject {
  const json = parseJson(text)
  if (!isObject(json)) throw new Error(`not an object: ${text}`)
  return json
}

/** The headers of a request as they arrive. */
function signature(body: string, how: Tampering | undefined): Signature {
  const random = randomText()
  const secret = how === 'bad-checksum' ? 'not the secret' : secretOf('one')
  return {
    claimed: how === 'no-backend' ? null : how === 'other-backend' ? 'https://elsewhere.example/' : clouds.one,
    random,
    checksum: how === 'no-checksum' ? null : checksum(secret, random, body),
  }
}

interface Given {
  readonly answer: TalkSays
  /** ms until it comes. */
  readonly after: number
}

/** What the front end hears of Talk's answer or misbehaviour. */
function answerAs(type: BackendRequest['type'], asked: Json, how: TalkAnswer): Given {
  const read = (text: string): Given => ({ answer: answerFromText(type, text), after: 0 })
  switch (how.kind) {
    case 'data':
      return read(ocs(how.data))
    case 'fields':
      return read(ocs(withFields(usualAnswer(asked), how.fields)))
    case 'wrong-type':
      return read(ocs({ type: 'surprise', surprise: {} }))
    case 'throttled':
      return read(ocs([], 429))
    case 'status':
      return read(ocs([], how.status))
    case 'garbage':
      return read('{"ocs":{"meta":{"status":"ok"},"data":{"type":')
    case 'html':
    case 'huge':
    case 'redirect':
      return { answer: { answer: 'unusable' }, after: 0 }
    case 'close':
    case 'truncated':
      return { answer: notAsked, after: 0 }
    case 'hang':
    case 'held':
      return { answer: notAsked, after: talkTimeout }
    case 'slow':
      return { ...answerAs(type, asked, how.after ?? { kind: 'fields', fields: {} }), after: how.ms }
  }
}
